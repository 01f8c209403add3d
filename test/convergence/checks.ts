import { covers, equalVersions, join, meet } from '@rejoin/protocol'
import { expect } from 'vitest'
import * as Y from 'yjs'

import type { Disk } from './disk.ts'
import { compacted } from './sim-replica.ts'
import type { World } from './world.ts'

/** The slow twin of a document: every update of every entry, in no causal order, through a `Y.Doc`. */
function fromLog(disk: Disk, document: string): Uint8Array {
  const entries = [...disk.log.values()].flat().toReversed()
  const changes = entries.flatMap((entry) => entry.changes)
  return compacted(changes.filter((each) => each.document === document).map(({ update }) => update))
}

/** What must hold at every moment. */
export function checkAlways(world: World): void {
  const disks = world.replicas.map(({ disk }) => disk)
  const versions = disks.map((disk) => disk.version())
  const truth = { stable: meet(versions), union: join(versions) }
  for (const { engine, disk } of world.replicas) {
    if (engine === undefined) continue
    // [L2] only what is durable counts
    expect(covers(disk.version(), engine.version)).toBe(true)
    // [L6] a replica's stable version never exceeds the true one
    expect(covers(truth.stable, engine.stability.stable)).toBe(true)
    expect(covers(truth.union, engine.stability.union)).toBe(true)
  }
  checkEqualVersions(disks)
}

/** [L5] equal versions, equal documents: the same bytes after compaction. */
function checkEqualVersions(disks: readonly Disk[]): void {
  for (const a of disks) {
    for (const b of disks) {
      if (a.replica >= b.replica || !equalVersions(a.version(), b.version())) continue
      for (const name of new Set([...a.documents.keys(), ...b.documents.keys()])) {
        const [left, right] = [a.documents.get(name) ?? [], b.documents.get(name) ?? []]
        expect(compacted(left)).toEqual(compacted(right))
      }
    }
  }
}

/** What must hold once the faults have ended and everybody had time. */
export function checkAtRest(world: World): void {
  const [first] = world.replicas
  if (first === undefined) throw new Error('no replicas')
  for (const { engine, disk, rejections } of world.replicas) {
    expect(rejections.filter((code) => code !== 'duplicate-link' && code !== 'silent')).toEqual([])
    if (engine === undefined) throw new Error('a replica did not come back')
    expect(equalVersions(engine.version, first.disk.version())).toBe(true)
    // [L6] R has reached U
    expect(engine.stability.divergence).toBe(0)
    for (const [name, updates] of disk.documents) {
      expect(compacted(updates)).toEqual(fromLog(disk, name))
    }
  }
  checkEqualVersions(world.replicas.map(({ disk }) => disk))
  checkClients(world, first.disk)
}

function checkClients(world: World, disk: Disk): void {
  for (const client of world.clients) {
    const stored = new Y.Doc()
    Y.applyUpdate(stored, compacted(disk.documents.get(client.document) ?? []))
    // [S1] what was acknowledged is there, and so is everything that was typed, since clients live on
    for (const token of client.made) expect(stored.getMap('tokens').get(token)).toBe(true)
    for (const token of client.acked) expect(client.made).toContain(token)
    expect(client.refusals).toBe(0)
    expect(client.doc.getText('content').toString()).toBe(stored.getText('content').toString())
    stored.destroy()
  }
}
