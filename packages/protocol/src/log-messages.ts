import { fail, write, type Reader, type Writer } from './codec.ts'
import {
  readChainHash,
  readHeads,
  readVersion,
  sortedById,
  writeChainHash,
  writeHeads,
  writeVersion,
  CHAIN_HASH_BYTES,
  type ChainHash,
  type Head,
  type Heads,
} from './entry.ts'
import { LIMITS } from './limits.ts'
import type { MessageCodec } from './message-codec.ts'
import { FINGERPRINT_BYTES } from './overlay-messages.ts'
import { REPLICA_ID_BYTES, type ReplicaId } from './replica-id.ts'
import type { Version } from './version.ts'

/**
 * What the sender holds durably, and what it knows that others hold. The first on a link is complete;
 * later ones say only what has changed since the last one on this link. It is Plumtree's lazy push.
 */
export interface Have {
  readonly type: 'have'
  readonly heads: Heads
  /** Where the sender stands in the tree of the broadcast, if it does. */
  readonly position?: TreePosition
  readonly members: ReadonlyMap<ReplicaId, Version>
  /** The fingerprint of all that the sender holds, where that is too much to be told with every heartbeat. */
  readonly sum?: Uint8Array
}

/** How far a replica is from the root of the tree along which new entries are pushed. */
export interface TreePosition {
  readonly root: ReplicaId
  /** Which root it is, one after the other; see gossip's `TreeRoot`. */
  readonly term: number
  /** How often the root had given word of itself until it told of this: newer word has more. */
  readonly seq: number
  /** In ms, with something for each link; see gossip's `FlatTree`. */
  readonly distance: number
}

const NO_SUM = new Uint8Array()

export const haveCodec: MessageCodec<Have> = {
  write: (writer, { heads, position, members, sum }) => {
    writeHeads(writer, heads)
    write.uint(writer, position === undefined ? 0 : position.distance + 1)
    if (position !== undefined) {
      write.replicaId(writer, position.root)
      write.uint(writer, position.term)
      write.uint(writer, position.seq)
    }
    write.uint(writer, members.size)
    for (const [member, version] of sortedById(members)) {
      write.replicaId(writer, member)
      writeVersion(writer, version)
    }
    write.bytes(writer, sum ?? NO_SUM)
  },
  read: (reader) => {
    const heads = readHeads(reader)
    const position = readPosition(reader)
    const members = readVersions(reader)
    const sum = reader.bytes(FINGERPRINT_BYTES, 'fingerprint')
    const standing = position === undefined ? {} : { position }
    return { type: 'have', heads, ...standing, members, ...(sum.length === 0 ? {} : { sum }) }
  },
}

/** A distance of 0 comes as 1; 0 says that there is none. */
function readPosition(reader: Reader): TreePosition | undefined {
  const distance = reader.uint()
  if (distance === 0) return undefined
  const root = reader.replicaId()
  const position = { root, term: reader.uint(), seq: reader.uint(), distance: distance - 1 }
  // Numbers that one more may be added to, wherever they come by.
  const most = Math.max(position.term, position.seq, distance)
  if (most <= LIMITS.treePositionMax) return position
  return fail(
    'too-large',
    `A place in the tree says ${most}; the limit is ${LIMITS.treePositionMax}.`,
  )
}

function readVersions(reader: Reader): ReadonlyMap<ReplicaId, Version> {
  const members = new Map<ReplicaId, Version>()
  let left = reader.count(LIMITS.membersMax, REPLICA_ID_BYTES + 1, 'members')
  for (; left > 0; left--) members.set(reader.replicaId(), readVersion(reader))
  return members
}

/** Entries `from`..`to` of one origin, both inclusive. It is empty where `to` is the number before `from`. */
export interface Range {
  readonly origin: ReplicaId
  readonly from: number
  readonly to: number
}

/**
 * Asks for entries that the receiver said it has. They come in as many `entries` as it takes, as long as
 * the window lasts (see `Allow`). Of each origin the last `want` counts: an empty range takes the one before back.
 */
export interface Want {
  readonly type: 'want'
  readonly ranges: readonly Range[]
  /**
   * Plumtree's graft: what is new is to be pushed to the sender from now on. Where it asks for nothing and
   * does not graft, it wants to be told all that the receiver has.
   */
  readonly graft: boolean
}

export const wantCodec: MessageCodec<Want> = {
  write: (writer, { ranges, graft }) => {
    write.uint(writer, graft ? 1 : 0)
    write.uint(writer, ranges.length)
    for (const { origin, from, to } of ranges) {
      write.replicaId(writer, origin)
      write.uint(writer, from)
      write.uint(writer, to)
    }
  },
  read: (reader) => {
    const graft = reader.uint() === 1
    const ranges: Range[] = []
    let left = reader.count(LIMITS.wantRangesMax, REPLICA_ID_BYTES + 2, 'ranges')
    for (; left > 0; left--) {
      const range = { origin: reader.replicaId(), from: reader.uint(), to: reader.uint() }
      if (range.from === 0 || range.to < range.from - 1) {
        fail('malformed', 'A range ends before it begins.')
      }
      ranges.push(range)
    }
    return { type: 'want', ranges, graft }
  },
}

/**
 * Of the entries that the sender was given as it asked for them, so many bytes are durable or were passed
 * over: as many more may be sent to it.
 */
export interface Allow {
  readonly type: 'allow'
  readonly bytes: number
}

export const allowCodec: MessageCodec<Allow> = {
  write: (writer, { bytes }) => write.uint(writer, bytes),
  read: (reader) => ({ type: 'allow', bytes: reader.uint() }),
}

/** Consecutive entries of one origin, as bytes; `previous` is the chain hash before the first. */
export interface Series {
  readonly previous: ChainHash
  readonly entries: readonly Uint8Array[]
}

/** A part of the answer to a `want`: a chunk of what one range asks for. */
export interface Entries extends Series {
  readonly type: 'entries'
}

export const entriesCodec: MessageCodec<Entries> = {
  write: writeSeries,
  read: (reader) => ({ type: 'entries', ...readSeries(reader) }),
}

function writeSeries(writer: Writer, { previous, entries }: Series): void {
  writeChainHash(writer, previous)
  write.uint(writer, entries.length)
  for (const entry of entries) write.bytes(writer, entry)
}

function readSeries(reader: Reader): Series {
  const previous = readChainHash(reader)
  const entries: Uint8Array[] = []
  let left = reader.count(LIMITS.entriesPerFrameMax, 1, 'entries')
  for (; left > 0; left--) entries.push(reader.bytes(LIMITS.entryBytesMax, 'entry'))
  return { previous, entries }
}

/** Plumtree's eager push: new entries, in a series for each origin. */
export interface Push {
  readonly type: 'push'
  readonly series: readonly Series[]
}

export const pushCodec: MessageCodec<Push> = {
  write: (writer, { series }) => {
    write.uint(writer, series.length)
    for (const each of series) writeSeries(writer, each)
  },
  read: (reader) => {
    const series: Series[] = []
    let left = reader.count(LIMITS.seriesPerFrameMax, CHAIN_HASH_BYTES + 1, 'series')
    for (; left > 0; left--) series.push(readSeries(reader))
    return { type: 'push', series }
  },
}

/** The answer to a `want` for entries that have left the log (rule L7): its floors of these origins. */
export interface Behind {
  readonly type: 'behind'
  readonly floors: Heads
}

export const behindCodec: MessageCodec<Behind> = {
  write: (writer, { floors }) => writeHeads(writer, floors),
  read: (reader) => ({ type: 'behind', floors: readHeads(reader) }),
}

/**
 * The sender holds another entry than the receiver under one number of the receiver's own (rule L1):
 * number `seq`, with this chain hash. The receiver's id was copied or restored, and it gives it up.
 */
export interface Forked {
  readonly type: 'forked'
  readonly head: Head
}

export const forkedCodec: MessageCodec<Forked> = {
  write: (writer, { head }) => {
    write.uint(writer, head.seq)
    writeChainHash(writer, head.hash)
  },
  read: (reader) => ({
    type: 'forked',
    head: { seq: reader.uint(), hash: readChainHash(reader) },
  }),
}
