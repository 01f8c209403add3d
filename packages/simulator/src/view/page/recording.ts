/**
 * A run as it is embedded in a page. Times are in virtual ms. Replicas, clients and origins are named by
 * their place in the lists here, and long texts by their place in `texts`.
 */
export interface Recording {
  readonly seed: number
  readonly profile: string
  /** What lives this run again. */
  readonly command: string
  /** What a frame takes on a link that is not slow, at most. */
  readonly latencyMs: number
  /** The kinds of fault that it may have. */
  readonly faults: readonly string[]
  /** Everybody is up and linked from here on. */
  readonly faultsEndMs: number
  readonly endMs: number
  /** Every id that anybody had, in the order in which it was first seen. */
  readonly origins: readonly Origin[]
  readonly replicas: readonly string[]
  readonly clients: readonly ClientFacts[]
  readonly texts: readonly string[]
  /** In the order in which they were sent. */
  readonly frames: readonly FrameRow[]
  readonly replicaChanges: readonly ChangeRow<ReplicaState>[]
  readonly clientChanges: readonly ChangeRow<ClientState>[]
  readonly laneChanges: readonly LaneRow[]
  readonly partings: readonly PartingRow[]
  readonly happenings: readonly HappeningRow[]
  readonly violation?: BrokenRule
}

export interface Origin {
  /** As in a trace, such as `a` or, once `a` has given up that id, `a'1`. */
  readonly name: string
  /** The last six digits of the id. */
  readonly id: string
}

export interface ClientFacts {
  readonly name: string
  readonly kind: 'native' | 'stock'
  readonly document: string
}

export interface BrokenRule {
  /** Empty where something threw that is no rule of SPEC.md. */
  readonly rule: string
  readonly message: string
  /** The command that lives the smallest history that was found to break a rule too. */
  readonly replay: string
}

export const FRAME_KINDS = [
  'hello',
  'members',
  'have',
  'push',
  'want',
  'entries',
  'behind',
  'fetch',
  'documents',
  'forked',
  'presence',
  'probe',
  'overlay',
  'census',
  'corrupt',
] as const

export type FrameKind = (typeof FRAME_KINDS)[number]

/** What becomes of a frame, as a number: its place here. */
export const FATES = ['flying', 'arrived', 'lost', 'swallowed', 'repeated'] as const

export type Fate = (typeof FATES)[number]

/** Sent at, arrives at, from, to, its kind in `FRAME_KINDS`, its fate in `FATES`, its text. */
export type FrameRow = readonly [number, number, number, number, number, number, number]

/** At, which one, and what has changed of it. The first change of each is all of it. */
export type ChangeRow<State> = readonly [number, number, Partial<State>]

/** For each origin the sequence number up to which something holds; what is missing at the end is 0. */
export type Seqs = readonly number[]

/** A replica at one moment. What it holds on disk is there while it is down, too. */
export interface ReplicaState {
  readonly life: 'up' | 'down' | 'still'
  /** Whose id it has now. */
  readonly origin: number
  /** Its version: what is durable. */
  readonly has: Seqs
  /** What has left its log, and is in its documents only. */
  readonly floor: Seqs
  /** `R` as it knows it; nothing while it is down. */
  readonly stable: Seqs
  /** The divergence that it sees, in entries. */
  readonly apart: number
  /** Entries that came and are applied, and are not on its disk yet. */
  readonly applied: number
  /** Entries that came and wait for what they depend on. */
  readonly waiting: number
  /** Whether something that it took is not on its disk yet. */
  readonly isWriting: boolean
  /** Why its disk takes nothing; empty while it does. */
  readonly failure: string
  /** Documents on its disk that can't be read. */
  readonly damaged: readonly string[]
  /** Whether documents came whole, and may run ahead of its version. */
  readonly isAhead: boolean
}

export interface ClientState {
  /** The replica that it is attached to; -1 for none. */
  readonly at: number
  readonly isGone: boolean
  /** Edits that it made, and that it was told are durable. */
  readonly made: number
  readonly acked: number
}

/** What frames from one replica to another meet, as a number: its place here. */
export const LANES = ['none', 'open', 'slow', 'held', 'mute'] as const

export type Lane = (typeof LANES)[number]

/** At, from, to, the state in `LANES`. */
export type LaneRow = readonly [number, number, number, number]

/** At, between whom, and whether they can't reach each other (1) or can again (0). */
export type PartingRow = readonly [number, number, number, 0 | 1]

export const HAPPENINGS = [
  'parted',
  'mended',
  'held-up',
  'let-through',
  'mute',
  'slow',
  'fast',
  'blackout',
  'crashed',
  'ended',
  'started',
  'still',
  'goes-on',
  'clock',
  'disk-fails',
  'disk-well',
  'damaged',
  'repaired',
  'backed-up',
  'replaced',
  'copied',
  'renewed',
  'removed',
  'stored',
  'brought-up',
  'dropped',
  'trimmed',
  'compacted',
  'linked',
  'unlinked',
  'closed',
  'refused',
  'typed',
  'told',
  'attached',
  'detached',
  'came',
  'left',
  'core',
  'stays-broken',
  'faults-end',
  'equal',
  'known-equal',
  'held',
  'violation',
] as const

export type HappeningKind = (typeof HAPPENINGS)[number]

/** At, its kind in `HAPPENINGS`, its text, and the replicas that it is about. */
export type HappeningRow = readonly [number, number, number, readonly number[]]
