import { createDecoder, hasContent, readVarString, readVarUint } from 'lib0/decoding'
import { encode, writeVarString, writeVarUint } from 'lib0/encoding'

import { jsonKey, receivedJson } from '../json.ts'
import { isAmount, saturated } from './amount.ts'
import type { Sketch } from './summary.ts'

/** Counts of the items that were added most, by their canonical JSON: each too low by at most `missed`. */
export interface Frequent {
  readonly counts: Map<string, number>
  missed: number
  /** How much was counted in all. */
  total: number
}

export interface Occurrence {
  readonly key: string
  readonly count: number
}

/** An item's canonical JSON, in UTF-16 units: as many bytes or more are kept of each. */
export const ITEM_LENGTH_MAX = 1_024

/**
 * The summary of Misra and Gries, as Agarwal et al. make it mergeable in "Mergeable Summaries" (2012):
 * counts are added, and those over the capacity are cut by what the first of them has, which is then
 * missed everywhere. A cut takes as much from each of capacity + 1 items, so that `missed` is never
 * more than total / (capacity + 1). Only a copy's own line is ever cut; over lines all counts, and
 * all that is missed, just add up, whence every copy reads the same.
 */
export class FrequentItems implements Sketch<Frequent, Occurrence> {
  readonly code = 'k'
  readonly parameters: readonly number[]
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
    this.parameters = [capacity]
  }

  empty(): Frequent {
    return { counts: new Map(), missed: 0, total: 0 }
  }

  apply(state: Frequent, { key, count }: Occurrence): boolean {
    state.counts.set(key, saturated((state.counts.get(key) ?? 0) + count))
    state.total = saturated(state.total + count)
    return true
  }

  merge(state: Frequent, { counts, missed, total }: Frequent): void {
    for (const [key, count] of counts) {
      state.counts.set(key, saturated((state.counts.get(key) ?? 0) + count))
    }
    state.missed = saturated(state.missed + missed)
    state.total = saturated(state.total + total)
  }

  fold({ counts, missed, total }: Frequent): Frequent {
    const sorted = Array.from(counts).toSorted(byCount)
    const cut = sorted[this.#capacity]?.[1] ?? 0
    const left = sorted
      .map(([key, count]) => [key, count - cut] as const)
      .filter(([, count]) => count > 0)
    return { counts: new Map(left), missed: missed + cut, total }
  }

  encode({ counts, missed, total }: Frequent): Uint8Array {
    return encode((encoder) => {
      writeVarUint(encoder, total)
      writeVarUint(encoder, missed)
      for (const [key, count] of Array.from(counts).toSorted(byCount)) {
        writeVarString(encoder, key)
        writeVarUint(encoder, count)
      }
    })
  }

  decode(bytes: Uint8Array): Frequent | undefined {
    const decoder = createDecoder(bytes)
    const [total, missed] = [readVarUint(decoder), readVarUint(decoder)]
    const counts = new Map<string, number>()
    let sum = missed * (this.#capacity + 1)
    while (hasContent(decoder)) {
      const [key, count] = [readVarString(decoder), readVarUint(decoder)]
      if (counts.has(key) || counts.size === this.#capacity) return undefined
      if (count === 0 || !isKey(key)) return undefined
      counts.set(key, count)
      sum += count
    }
    // What was cut away was counted once.
    return sum <= total ? { counts, missed, total } : undefined
  }

  readAddition([item, count, ...others]: readonly unknown[]): Occurrence | undefined {
    const json = receivedJson(item)
    if (json === undefined || !isAmount(count) || others.length > 0) return undefined
    const key = jsonKey(json)
    return key.length > ITEM_LENGTH_MAX ? undefined : { key, count }
  }
}

/** The most frequent first, and of equals the one whose key is first in the order of UTF-16 units. */
export function byCount(
  [keyA, a]: readonly [string, number],
  [keyB, b]: readonly [string, number],
): number {
  return b - a || compare(keyA, keyB)
}

/** Whether it is what `jsonKey` gives for some value. */
function isKey(key: string): boolean {
  if (key.length > ITEM_LENGTH_MAX) return false
  const json = receivedJson(JSON.parse(key))
  return json !== undefined && jsonKey(json) === key
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
