import { BACKLOG_MAX, type Backlog, type Engine } from '@rejoin/engine'
import {
  covers,
  equalVersions,
  join,
  LIMITS,
  meet,
  seqOf,
  type ReplicaId,
  type SealedEntry,
  type Version,
} from '@rejoin/protocol'
import * as Y from 'yjs'

import { compacted, passingDoc } from './compacted.ts'
import type { Disk } from './disk.ts'
import type { Profile } from './mix.ts'
import type { SimulatedClient } from './simulated-client.ts'
import type { SimulatedReplica } from './simulated-replica.ts'
import { check, Violation } from './violation.ts'
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

interface Seen {
  readonly text: string
  readonly tokens: readonly string[]
}

function equalSeen(a: Seen, b: Seen): boolean {
  return a.text === b.text && a.tokens.join() === b.tokens.join()
}

/**
 * Updates that come backwards are merged by so many first, the last before the one before it. Yjs would merge
 * what has to wait one by one, by the same function and with the same bytes in the end, for much longer.
 */
const MERGED_BACKWARDS = 16

/** What a person sees of a document whose updates come in the worst order of all. */
function seenBackwards(updates: readonly Uint8Array[]): Seen {
  const backwards = updates.toReversed()
  const merged: Uint8Array[] = []
  for (let at = 0; at < backwards.length; at += MERGED_BACKWARDS) {
    merged.push(Y.mergeUpdates(backwards.slice(at, at + MERGED_BACKWARDS)))
  }
  return seen(compacted(merged))
}

function seen(update: Uint8Array): Seen {
  const doc = passingDoc()
  Y.applyUpdate(doc, update)
  const tokens = Object.keys(doc.getMap('tokens').toJSON()).toSorted()
  return { text: doc.getText('content').toString(), tokens }
}

/** What must hold at every moment. */
export function checkAlways(world: World): void {
  const disks = world.replicas.map(({ disk }) => disk)
  const versions = disks.map((disk) => disk.version())
  const truth = { stable: meet(versions), union: join(versions) }
  for (const { name, engine, disk, process } of world.replicas) {
    if (engine === undefined) continue
    const shown = engine.stability
    // Whoever stands still has not heard yet of what it dropped.
    const hasHeard = process?.isAnswering === true
    check(!hasHeard || covers(disk.version(), engine.version), 'L2', () => {
      return `${name} counts ${toText(engine.version)}, and has ${toText(disk.version())} on disk`
    })
    checkBounds(name, engine)
    // Where one number names two entries, versions say too much until that is found out.
    if (world.profile === 'identity') continue
    check(covers(truth.stable, shown.stable), 'L6', () => {
      return `${name} shows R as ${toText(shown.stable)}; it is ${toText(truth.stable)}`
    })
    check(covers(truth.union, shown.union), 'L6', () => {
      return `${name} shows U as ${toText(shown.union)}; it is ${toText(truth.union)}`
    })
  }
  if (world.profile !== 'identity') checkEqualVersions(world)
}

/** [X3] No queue is longer than it may be, but for what one frame brings. */
function checkBounds(name: string, { backlog }: Engine): void {
  for (const queue of Object.keys(BACKLOG_MAX) as (keyof Backlog)[]) {
    const isWithin = backlog[queue] <= BACKLOG_MAX[queue] + LIMITS.frameBytesMax
    check(isWithin, 'X3', () => `${name} has ${backlog[queue]} ${queue}`)
  }
}

/** [L5] equal versions, equal documents: the same bytes after compaction, once [L7] is done. */
function checkEqualVersions({ replicas }: World): void {
  const groups = new Map<string, SimulatedReplica[]>()
  for (const replica of replicas) {
    if (replica.disk.isAhead) continue
    const version = [...replica.disk.version()].map(String).toSorted().join(' ')
    groups.set(version, [...(groups.get(version) ?? []), replica])
  }
  for (const [first, ...others] of groups.values()) {
    for (const other of others) if (first !== undefined) checkEqualDocuments(first, other)
  }
}

function checkEqualDocuments(a: SimulatedReplica, b: SimulatedReplica): void {
  for (const name of new Set([...a.disk.names, ...b.disk.names])) {
    const isEqual = equalBytes(compacted(a.disk.truth(name)), compacted(b.disk.truth(name)))
    check(isEqual, 'L5', () => `${a.name} and ${b.name} have equal versions, and not equal ${name}`)
  }
}

/** Refusals that every profile brings about; long bursts fill what may wait for what it builds on. */
const REFUSED = [
  'duplicate-link',
  'silent',
  'read-only',
  'unreadable',
  'not-open',
  'park-full',
  'corrupt',
  'wrong-protocol',
]

/** Refusals that the faults of a profile bring about. */
const EXPECTED: Readonly<Record<Profile, ReadonlySet<string>>> = {
  store: new Set(REFUSED),
  identity: new Set([...REFUSED, 'id-in-use', 'retired', 'self-link', 'forked']),
}

/** What must hold once the faults have ended and everybody had time. */
export function checkAtRest(world: World): void {
  const [first] = world.replicas
  if (first === undefined) throw new Error('A world has no replicas.')
  for (const replica of world.replicas) {
    const unexpected = Array.from(replica.rejections.keys()).filter((code) => {
      // Whoever hears what another calls it dials itself.
      if (code === 'self-link' && world.hasOtherNames) return false
      return !EXPECTED[world.profile].has(code)
    })
    check(unexpected.length === 0, 'X2', () => `${replica.name} refused ${unexpected.join(', ')}`)
    checkHealed(replica, first.disk)
  }
  if (world.profile === 'identity') checkEqualVersions(world)
  else for (const other of world.replicas) checkEqualDocuments(first, other)
  checkOrder(world)
  if (world.profile !== 'identity') checkTwin(world, first.disk)
  checkClients(world, first.disk)
}

/** [L6] everybody has everything, and knows it. [S3] Nothing is damaged any more. */
function checkHealed({ name, engine, disk }: SimulatedReplica, first: Disk): void {
  if (engine === undefined) throw new Violation('L6', `${name} did not come back`)
  check(engine.replica === disk.replica, 'L8', () => `${name} runs under an id that it gave up`)
  check(equalVersions(engine.version, first.version()), 'L6', () => {
    return `${name} is at ${toText(engine.version)}, and another at ${toText(first.version())}`
  })
  const waiting = Object.entries(engine.backlog).filter(([, size]) => size > 0)
  check(waiting.length === 0, 'X3', () => `${name} still has ${waiting.join(' ')}`)
  const { divergence } = engine.stability
  check(divergence === 0, 'L6', () => `${name} sees a divergence of ${divergence}`)
  const damaged = disk.names.filter((each) => disk.document(each) === undefined)
  check(damaged.length === 0, 'S3', () => `${damaged.join(', ')} of ${name} are still damaged`)
}

/** [L5] One replica's documents beside the slow twin; all others are equal to them. */
function checkTwin(world: World, disk: Disk): void {
  for (const name of disk.names) {
    const isEqual = equalBytes(
      compacted(disk.truth(name)),
      fromLog([...world.written.values()], name),
    )
    check(isEqual, 'L5', () => `${name} is not what all entries make of it`)
  }
}

/**
 * [L5] A document looks the same when its updates come in another order. (Yjs may keep other struct
 * boundaries when updates wait for each other.)
 */
function checkOrder({ replicas }: World): void {
  const checked = new Set<string>()
  for (const { disk } of replicas) {
    for (const name of disk.names) {
      const updates = disk.truth(name)
      // To some replicas the very same came in the very same order.
      const key = updates.map(keyOf).join(' ')
      if (checked.has(key)) continue
      checked.add(key)
      const isSame = equalSeen(seenBackwards(updates), seen(compacted(updates)))
      check(isSame, 'L5', () => `${name} looks otherwise when its updates come in another order`)
    }
  }
}

/** Equal bytes, and only they, have equal keys. */
function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function checkClients(world: World, disk: Disk): void {
  for (const { document, acked } of world.departed) {
    const lost = [...acked].filter((token) => !disk.holdsToken(document, token))
    check(lost.length === 0, 'S1', () => `${lost.join(', ')} of ${document} are lost`)
  }
  for (const client of world.clients) {
    const stored = passingDoc()
    Y.applyUpdate(stored, compacted(disk.truth(client.document)))
    // What was acknowledged is there, and so is everything that was typed, since clients live on.
    const tokens = stored.getMap('tokens')
    const lost = client.made.filter((token) => tokens.get(token) !== true)
    check(lost.length === 0, 'S1', () => `${lost.join(', ')} of ${client.document} are lost`)
    const made = new Set(client.made)
    const invented = [...client.acked].filter((token) => !made.has(token))
    check(invented.length === 0, 'S1', () => `${invented.join(', ')} were acknowledged unmade`)
    check(client.refusals === 0, 'X2', () => `${client.refusals} good edits were refused`)
    const [there, here] = [stored, client.doc].map((doc) => doc.getText('content').toString())
    check(there === here, 'L5', () => `a client has ${client.document} otherwise than its replica`)
    stored.destroy()
  }
}

/** The tokens that each client typed at a time. */
export type Typed = ReadonlyMap<SimulatedClient, readonly string[]>

/**
 * What must hold of the replicas that are well while others are not; of these nothing is promised. What was
 * typed before may have come from others, so that its author need not send it, and waits for nothing.
 */
export function checkCore(world: World, core: readonly SimulatedReplica[], typed: Typed): void {
  checkAlways(world)
  const [first] = core
  if (first === undefined) return
  for (const { name, engine, disk } of core) {
    check(engine !== undefined, 'L6', () => `${name} did not come back`)
    check(equalVersions(disk.version(), first.disk.version()), 'L6', () => {
      return `${name} is at ${toText(disk.version())}, and another at ${toText(first.disk.version())}`
    })
    for (const [{ document, made, acked, name: client }, tokens] of typed) {
      const waiting = tokens.filter((token) => !acked.has(token))
      check(waiting.length === 0, 'S1', () => `${client} waits for ${waiting.join(', ')}`)
      if (disk.document(document) === undefined) continue
      const lost = made.filter((token) => !disk.holdsToken(document, token))
      check(lost.length === 0, 'L6', () => `${name} has not got ${lost.join(', ')} of ${client}`)
    }
  }
}

/** Whether everybody says that everybody has everything. */
export function isAtRest({ replicas }: World): boolean {
  const [first] = replicas
  return replicas.every(({ engine, disk }) => {
    if (engine === undefined || first === undefined || engine.stability.divergence > 0) return false
    return (
      engine.damagedDocuments.length === 0 && equalVersions(disk.version(), first.disk.version())
    )
  })
}

function toText(version: Version): string {
  const parts = [...version].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return parts.map(([replica, seq]) => `${replica.slice(-6)}:${seq}`).join(' ')
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
