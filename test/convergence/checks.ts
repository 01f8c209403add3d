import {
  covers,
  equalVersions,
  join,
  meet,
  seqOf,
  type ReplicaId,
  type SealedEntry,
} from '@rejoin/protocol'
import { expect } from 'vitest'
import * as Y from 'yjs'

import type { Disk } from './disk.ts'
import { compacted } from './sim-replica.ts'
import type { World } from './world.ts'

/**
 * The slow twin of a document: every update of every entry through a `Y.Doc`, in a causal order of
 * its own, which prefers the origins that come last.
 */
function fromLog(sealed: readonly SealedEntry[], document: string): Uint8Array {
  const waiting = sealed.toSorted((a, b) => (a.dot.replica > b.dot.replica ? -1 : 1))
  const applied = new Map<ReplicaId, number>()
  const updates: Uint8Array[] = []
  while (waiting.length > 0) {
    const isNext = ({ dot, deps }: SealedEntry): boolean =>
      seqOf(applied, dot.replica) + 1 === dot.seq && covers(applied, deps)
    const [entry] = waiting.splice(waiting.findIndex(isNext), 1)
    if (entry === undefined) throw new Error('a log has no causal order')
    applied.set(entry.dot.replica, entry.dot.seq)
    const changes = entry.changes.filter((change) => change.document === document)
    updates.push(...changes.map(({ update }) => update))
  }
  return compacted(updates)
}

/** What a person sees of a document whose updates come in the worst order of all. */
function seenBackwards(updates: readonly Uint8Array[]): unknown {
  return seen(compacted(updates.toReversed()))
}

function seen(update: Uint8Array): unknown {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  const tokens = Object.keys(doc.getMap('tokens').toJSON()).toSorted()
  return { text: doc.getText('content').toString(), tokens }
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
    // Where one number names two entries, versions say too much until that is found out.
    if (world.profile === 'identity') continue
    // [L6] a replica's stable version never exceeds the true one
    expect(covers(truth.stable, engine.stability.stable)).toBe(true)
    expect(covers(truth.union, engine.stability.union)).toBe(true)
  }
  if (world.profile !== 'identity') checkEqualVersions(disks)
}

/** [L5] equal versions, equal documents: the same bytes after compaction, once [L7] is done. */
function checkEqualVersions(disks: readonly Disk[]): void {
  for (const a of disks) {
    for (const b of disks) {
      if (a.isAhead || b.isAhead) continue
      if (a.replica >= b.replica || !equalVersions(a.version(), b.version())) continue
      for (const name of new Set([...a.names, ...b.names])) {
        expect(compacted(a.truth(name))).toEqual(compacted(b.truth(name)))
      }
    }
  }
}

const EXPECTED = {
  store: new Set(['duplicate-link', 'silent', 'read-only', 'unreadable', 'not-open']),
  identity: new Set([
    'duplicate-link',
    'silent',
    'id-in-use',
    'retired',
    'self-link',
    'unreadable',
    'not-open',
    'forked',
  ]),
}

/** What must hold once the faults have ended and everybody had time. */
export function checkAtRest(world: World): void {
  const [first] = world.replicas
  if (first === undefined) throw new Error('no replicas')
  for (const { engine, disk, rejections } of world.replicas) {
    expect(rejections.filter((code) => !EXPECTED[world.profile].has(code))).toEqual([])
    if (engine === undefined) throw new Error('a replica did not come back')
    expect(equalVersions(engine.version, first.disk.version())).toBe(true)
    // [L6] R has reached U
    expect(engine.stability.divergence).toBe(0)
    for (const name of disk.names) {
      const updates = disk.document(name)
      // [S3] what was damaged is repaired
      if (updates === undefined) throw new Error(`${name} is still damaged`)
      if (world.profile !== 'identity') {
        expect(compacted(updates)).toEqual(fromLog([...world.sealed.values()], name))
      }
      // Yjs may keep other struct boundaries when updates wait for each other; what is seen is the same.
      expect(seenBackwards(updates)).toEqual(seen(compacted(updates)))
    }
  }
  checkEqualVersions(world.replicas.map(({ disk }) => disk))
  checkClients(world, first.disk)
}

function checkClients(world: World, disk: Disk): void {
  for (const client of world.clients) {
    const stored = new Y.Doc()
    Y.applyUpdate(stored, compacted(disk.truth(client.document)))
    // [S1] what was acknowledged is there, and so is everything that was typed, since clients live on
    for (const token of client.made) expect(stored.getMap('tokens').get(token)).toBe(true)
    for (const token of client.acked) expect(client.made).toContain(token)
    expect(client.refusals).toBe(0)
    expect(client.doc.getText('content').toString()).toBe(stored.getText('content').toString())
    stored.destroy()
  }
}
