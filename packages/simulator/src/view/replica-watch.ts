import type { Engine } from '@rejoin/engine'
import type { RejectionCode } from '@rejoin/protocol'

import type { Disk } from '../disk.ts'
import type { SimulatedReplica } from '../simulated-replica.ts'
import { differing } from './differing.ts'
import { Incoming } from './incoming.ts'
import type { Names } from './names.ts'
import type { HappeningKind, ReplicaState, Seqs } from './page/recording.ts'
import { stateOf } from './replica-state.ts'

export type Happening = readonly [HappeningKind, string]

/** What of a replica is compared between two looks, beside its state. */
interface Seen {
  readonly state: ReplicaState
  readonly disk: Disk
  /** Whether it was asked to end. */
  readonly isEnding: boolean
  readonly aheadMs: number
  readonly rejections: ReadonlyMap<RejectionCode, number>
}

/** Looks at a replica again and again, and says what has changed and what must have happened. */
export class ReplicaWatch {
  readonly incoming: Incoming = new Incoming()
  readonly #replica: SimulatedReplica
  readonly #names: Names
  #seen: Seen | undefined

  constructor(replica: SimulatedReplica, names: Names) {
    this.#replica = replica
    this.#names = names
  }

  get state(): ReplicaState | undefined {
    return this.#seen?.state
  }

  look(): { changed: Partial<ReplicaState> | undefined; happened: readonly Happening[] } {
    const replica = this.#replica
    const before = this.#seen
    const { disk, aheadMs, process } = replica
    const isEnding = process?.isOpen === false
    const isAnother = before !== undefined && before.disk.replica !== disk.replica
    if (replica.engine === undefined || isAnother) this.incoming.forget()
    else if (isSettled(replica.engine)) this.incoming.settled()
    const state = stateOf(replica, this.incoming, this.#names)
    const seen = { state, disk, isEnding, aheadMs, rejections: replica.rejections }
    this.#seen = seen
    const changed = differing(before?.state, state)
    return { changed, happened: before === undefined ? [] : [...this.#happened(before, seen)] }
  }

  *#happened(before: Seen, after: Seen): Generator<Happening> {
    const { name } = this.#replica
    yield* this.#toIdentity(before, after)
    yield* lifeOf(name, before, after.state)
    const ms = after.aheadMs - before.aheadMs
    if (ms > 0) yield ['clock', `the clock of ${name} jumps ahead by ${durationText(ms)}`]
    yield* diskOf(name, before.state, after.state)
    if (before.disk === after.disk) yield* this.#toLog(before.state, after.state)
    for (const [code, count] of after.rejections) {
      for (let at = before.rejections.get(code) ?? 0; at < count; at++) {
        yield ['refused', `${name} refuses something: ${code}`]
      }
    }
  }

  *#toIdentity(before: Seen, after: Seen): Generator<Happening> {
    const { name } = this.#replica
    const id = this.#names.origins[after.state.origin]?.name
    if (before.disk !== after.disk) {
      const isEmpty = after.state.has.length === 0
      const which = isEmpty ? 'an empty disk' : 'the disk of an earlier time'
      yield ['replaced', `${name} gets ${which}, and is ${id} on it`]
    } else if (before.state.origin !== after.state.origin) {
      yield ['renewed', `${name} gives up its id, and is ${id} from now on`]
    }
  }

  /** What has come to the log, and what has left it. */
  *#toLog(before: ReplicaState, after: ReplicaState): Generator<Happening> {
    const { name } = this.#replica
    const places = Math.max(before.has.length, after.has.length)
    const [stored, jumped, dropped, trimmed] = [[], [], [], []] as string[][]
    for (let origin = 0; origin < places; origin++) {
      const [had, has] = [seqAt(before.has, origin), seqAt(after.has, origin)]
      const [oldFloor, floor] = [seqAt(before.floor, origin), seqAt(after.floor, origin)]
      const text = (from: number, to: number) => this.#names.entriesText(origin, from, to)
      if (has < had) dropped?.push(text(has + 1, had))
      else if (floor > had) jumped?.push(text(floor, floor))
      else if (has > had) stored?.push(text(had + 1, has))
      if (floor > oldFloor && floor <= had) trimmed?.push(text(oldFloor + 1, floor))
    }
    if (stored?.length) yield ['stored', `${name} has ${stored.join(' ')} on disk`]
    if (jumped?.length)
      yield ['brought-up', `${name} is brought up by documents, to ${jumped.join(' ')}`]
    if (dropped?.length) yield ['dropped', `${name} takes ${dropped.join(' ')} back`]
    if (trimmed?.length) yield ['trimmed', `${name} drops ${trimmed.join(' ')} from its log`]
  }
}

function* lifeOf(
  name: string,
  { state: before, isEnding }: Seen,
  after: ReplicaState,
): Generator<Happening> {
  if (before.life === after.life) return
  if (after.life === 'down' && isEnding) yield ['ended', `${name} ends, as it was asked to`]
  else if (after.life === 'down') yield ['crashed', `${name} crashes`]
  else if (before.life === 'down') yield ['started', `${name} starts again`]
  else if (after.life === 'still') yield ['still', `${name} stands still`]
  else yield ['goes-on', `${name} goes on`]
}

function* diskOf(name: string, before: ReplicaState, after: ReplicaState): Generator<Happening> {
  if (before.failure === '' && after.failure !== '') {
    yield ['disk-fails', `the disk of ${name} fails: ${after.failure}`]
  }
  if (before.failure !== '' && after.failure === '' && after.life !== 'down') {
    yield ['disk-well', `the disk of ${name} is well again`]
  }
  for (const document of after.damaged) {
    if (before.damaged.includes(document)) continue
    yield ['damaged', `${document} is damaged on the disk of ${name}`]
  }
  for (const document of before.damaged) {
    if (after.damaged.includes(document)) continue
    yield ['repaired', `${document} is whole again on the disk of ${name}`]
  }
}

function durationText(ms: number): string {
  return ms < 10_000 ? `${ms} ms` : `${Math.round(ms / 1_000)} s`
}

function seqAt(seqs: Seqs, origin: number): number {
  return seqs[origin] ?? 0
}

function isSettled(engine: Engine): boolean {
  return engine.isSettled && engine.backlog.waitingEntries === 0
}
