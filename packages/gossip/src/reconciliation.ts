import type { ReplicaId } from '@rejoin/protocol'

import { isSame } from './fingerprint.ts'
import {
  bytesMaxOf,
  HEADER_BYTES_MAX,
  RANGE_LIMITS,
  SKIP_BYTES,
  SUM_BYTES_MAX,
  type KeyRange,
  type List,
  type Sum,
} from './key-ranges.ts'
import { LAST_KEY, type SortedItems } from './sorted-items.ts'

/**
 * In how many parts a range is split, and up to how many items it is listed. With these a difference is
 * found in 3 round trips among up to 2^21 items.
 */
const BRANCHES = 16
const LISTED_MAX = 2 * BRANCHES

/** Bytes of a range that is only summed, with a skip before it. */
const OPEN_BYTES_MAX = SKIP_BYTES + SUM_BYTES_MAX

/** What a message lets its receiver know. */
export interface Answer {
  /** What to send back; nothing once all differences are known to one end or the other. */
  readonly reply?: readonly KeyRange[]
  /** Keys that the other end lacks, or has with another content: to be sent to it. */
  readonly mine: readonly ReplicaId[]
  /** Keys that are missing here, or have another content there: to be asked for. */
  readonly theirs: readonly ReplicaId[]
}

/** The items that this end holds up to a key: those with at least `from` and less than `to` before them. */
interface Stretch {
  readonly upTo: ReplicaId
  readonly from: number
  readonly to: number
}

/** A range in which the two ends differ. */
interface OpenRange extends Stretch {
  /** The key after which it begins; empty where there is none before it. */
  readonly after: string
  /** How many items the other end holds there. */
  readonly theirs: number
}

/**
 * Range-based set reconciliation (Meyer, arXiv 2212.13567), for maps: two replicas find out in which
 * items they differ, at a cost that grows with the differences. One sends the sum over all its items;
 * whoever gets a sum other than its own answers with the sums of sixteen parts, or with a list once
 * there are few. Whoever gets a list knows each difference in that range, and is the only one that
 * does: it sends what is its, and asks for what is not. So each difference is found at one of the ends,
 * and neither keeps anything between two messages: after a broken link, or a change in between, they
 * start again, and only what still differs costs anything.
 */
export class Reconciliation {
  readonly #items: SortedItems
  readonly #bytesMax: number
  /** Open ranges in one message. They leave a third of it, so that the first always goes on. */
  readonly #openMax: number

  constructor(items: SortedItems, bytesMax: number = RANGE_LIMITS.messageBytesMax) {
    this.#items = items
    this.#bytesMax = bytesMax - HEADER_BYTES_MAX
    this.#openMax = Math.floor((this.#bytesMax * 2) / 3 / OPEN_BYTES_MAX)
  }

  /** The first message, some 20 bytes. */
  start(): KeyRange[] {
    return [this.#outline({ from: 0, to: this.#items.size, upTo: LAST_KEY })]
  }

  answer(message: readonly KeyRange[]): Answer {
    const [mine, theirs, open]: [ReplicaId[], ReplicaId[], OpenRange[]] = [[], [], []]
    let [after, from] = ['', 0]
    for (const range of message) {
      const { upTo } = range
      const to = this.#items.countUpTo(upTo)
      if (range.kind === 'list') {
        for (const key of this.#missingFrom(range, from, to)) mine.push(key)
        for (const key of this.#missingHere(range)) theirs.push(key)
      } else if (range.kind === 'sum' && !this.#isEqual(range, from, to)) {
        open.push({ after, upTo, from, to, theirs: range.count })
      }
      after = upTo
      from = to
    }
    return open.length === 0 ? { mine, theirs } : { reply: this.#reply(open), mine, theirs }
  }

  *#missingFrom({ items }: List, from: number, to: number): Generator<ReplicaId> {
    for (const [key, fingerprint] of this.#items.between(from, to)) {
      const theirs = items.get(key)
      if (theirs === undefined || !isSame(theirs, fingerprint)) yield key
    }
  }

  *#missingHere({ items }: List): Generator<ReplicaId> {
    for (const [key, fingerprint] of items) {
      const mine = this.#items.get(key)
      if (mine === undefined || !isSame(mine, fingerprint)) yield key
    }
  }

  #isEqual({ count, sum }: Sum, from: number, to: number): boolean {
    return count === to - from && isSame(sum, this.#items.sum(from, to))
  }

  /**
   * Goes on with as many ranges as fit into a message, in the order of their keys; the others are
   * summed again as they are, and wait for the next.
   */
  #reply(ranges: readonly OpenRange[]): KeyRange[] {
    const open = withTailMerged(ranges, this.#openMax - BRANCHES + 1)
    let places = this.#openMax - open.length
    let bytesLeft = this.#bytesMax - open.length * OPEN_BYTES_MAX
    const reply: KeyRange[] = []
    let end = ''
    for (const range of open) {
      if (range.after !== end) reply.push({ kind: 'skip', upTo: range.after as ReplicaId })
      end = range.upTo
      const parts = this.#goOn(range)
      const bytes = parts.reduce((sum, part) => sum + bytesMaxOf(part), -SUM_BYTES_MAX)
      if (bytes > bytesLeft || parts.length - 1 > places) {
        reply.push(this.#outline(range))
        continue
      }
      reply.push(...parts)
      bytesLeft -= bytes
      places -= parts.length - 1
    }
    return reply
  }

  /** What is said next of a range: where the other end has few items, it is the one to list them. */
  #goOn(range: OpenRange): KeyRange[] {
    if (range.to - range.from <= LISTED_MAX) return [this.#list(range)]
    return range.theirs <= LISTED_MAX ? [this.#outline(range)] : this.#split(range)
  }

  #split({ from, to, upTo }: Stretch): KeyRange[] {
    return Array.from({ length: BRANCHES }, (_, part) => {
      const start = from + Math.floor(((to - from) * part) / BRANCHES)
      const end = from + Math.floor(((to - from) * (part + 1)) / BRANCHES)
      const last = part === BRANCHES - 1
      return this.#outline({ from: start, to: end, upTo: last ? upTo : this.#items.keyAt(end - 1) })
    })
  }

  /** The sum of a range; no items at all are listed, which spares the other end a question. */
  #outline(stretch: Stretch): KeyRange {
    const { from, to, upTo } = stretch
    if (from === to) return this.#list(stretch)
    return { kind: 'sum', upTo, count: to - from, sum: this.#items.sum(from, to) }
  }

  #list({ from, to, upTo }: Stretch): List {
    return { kind: 'list', upTo, items: new Map(this.#items.between(from, to)) }
  }
}

/** At most `max` ranges: the last ones are made one if there are more, to be split again later. */
function withTailMerged(ranges: readonly OpenRange[], max: number): readonly OpenRange[] {
  const [first, last] = [ranges[max - 1], ranges.at(-1)]
  if (ranges.length <= max || first === undefined || last === undefined) return ranges
  const tail = { ...first, upTo: last.upTo, to: last.to, theirs: Number.POSITIVE_INFINITY }
  return [...ranges.slice(0, max - 1), tail]
}
