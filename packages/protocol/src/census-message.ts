import { write } from './codec.ts'
import { readVersion, writeVersion } from './entry.ts'
import { LIMITS } from './limits.ts'
import type { MessageCodec } from './message-codec.ts'
import { FINGERPRINT_BYTES } from './overlay-messages.ts'
import type { Version } from './version.ts'

/**
 * A part of a census: where there are too many members to tell each one's version, they are counted
 * instead. Each of those that `counted` names held at least `low` and at most `high` when it was counted.
 */
export interface Census {
  readonly type: 'census'
  /** Censuses follow each other; what is counted in one was held when it was under way. */
  readonly round: number
  /** The fingerprint of the ids that are to be counted: only counts of the same ones go together. */
  readonly electorate: Uint8Array
  /** A bit for each of them, in the order of their ids, the lowest bit of a byte first. */
  readonly counted: Uint8Array
  /**
   * The fingerprint of a version that everybody held before, if `low` and `high` say only what goes beyond
   * it; that of the empty one (zeros) if they say all.
   */
  readonly base: Uint8Array
  readonly low: Version
  readonly high: Version
}

export const censusCodec: MessageCodec<Census> = {
  write: (writer, { round, electorate, counted, base, low, high }) => {
    write.uint(writer, round)
    write.fixed(writer, electorate)
    write.bytes(writer, counted)
    write.fixed(writer, base)
    writeVersion(writer, low)
    writeVersion(writer, high)
  },
  read: (reader) => ({
    type: 'census',
    round: reader.uint(),
    electorate: reader.fixed(FINGERPRINT_BYTES, 'electorate'),
    counted: reader.bytes(LIMITS.electorateBytesMax, 'count'),
    base: reader.fixed(FINGERPRINT_BYTES, 'base'),
    low: readVersion(reader),
    high: readVersion(reader),
  }),
}
