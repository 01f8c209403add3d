import { compareReplicaIds, type ReplicaId } from '@rejoin/protocol'

import { isSame, minus, NO_ITEMS, plus, type Fingerprint } from './fingerprint.ts'

/** The last of all keys. A range of keys ends with a key that it holds, so this one ends the last. */
export const LAST_KEY: ReplicaId = 'ffffffffffffffff' as ReplicaId

/**
 * The fingerprints of a map's items in the order of their keys, so that those of a range of keys can be
 * counted, summed and listed. A change costs a search, O(log n), and is set aside; the first question
 * after it, other than those for all items, merges what is set aside into new lists, O(n): a few
 * milliseconds at 100,000 items. In between a question costs a search at most. Each item takes 16 bytes
 * besides its key.
 */
export class SortedItems {
  #keys: readonly ReplicaId[] = []
  #sums = new PrefixSums(0)
  /** What has changed since the lists were made; `undefined` for what is gone. */
  readonly #changed = new Map<ReplicaId, Fingerprint | undefined>()
  #size = 0
  #total = NO_ITEMS

  get size(): number {
    return this.#size
  }

  get(key: ReplicaId): Fingerprint | undefined {
    if (this.#changed.has(key)) return this.#changed.get(key)
    const at = rankIn(this.#keys, key)
    return this.#keys[at] === key ? this.#sums.between(at, at + 1) : undefined
  }

  set(key: ReplicaId, fingerprint: Fingerprint): void {
    const known = this.get(key)
    if (known !== undefined && isSame(known, fingerprint)) return
    if (known === undefined) this.#size += 1
    this.#total = plus(minus(this.#total, known ?? NO_ITEMS), fingerprint)
    this.#changed.set(key, fingerprint)
  }

  delete(key: ReplicaId): void {
    const known = this.get(key)
    if (known === undefined) return
    this.#size -= 1
    this.#total = minus(this.#total, known)
    this.#changed.set(key, undefined)
  }

  /** How many keys are `key` or before it. */
  countUpTo(key: ReplicaId): number {
    if (key === LAST_KEY) return this.#size
    this.#merge()
    const at = rankIn(this.#keys, key)
    return this.#keys[at] === key ? at + 1 : at
  }

  /** The key with `rank` others before it, of which there must be one. */
  keyAt(rank: number): ReplicaId {
    this.#merge()
    return this.#keys[rank] as ReplicaId
  }

  /** The sum of the items with at least `from` and less than `to` others before them. */
  sum(from: number, to: number): Fingerprint {
    if (from === 0 && to === this.#size) return this.#total
    this.#merge()
    return this.#sums.between(from, to)
  }

  /** These items, each by itself. */
  *list(from: number, to: number): Generator<[ReplicaId, Fingerprint]> {
    this.#merge()
    const [keys, sums] = [this.#keys, this.#sums]
    for (let at = from; at < to; at++) yield [keys[at] as ReplicaId, sums.between(at, at + 1)]
  }

  #merge(): void {
    if (this.#changed.size === 0) return
    const keys: ReplicaId[] = []
    const sums = new PrefixSums(this.#size)
    for (const [key, fingerprint] of this.#merged()) {
      keys.push(key)
      sums.push(fingerprint)
    }
    this.#keys = keys
    this.#sums = sums
    this.#changed.clear()
  }

  *#merged(): Generator<[ReplicaId, Fingerprint]> {
    let at = 0
    for (const [key, fingerprint] of [...this.#changed].toSorted(byKey)) {
      const until = rankIn(this.#keys, key)
      for (; at < until; at++) yield [this.#keys[at] as ReplicaId, this.#sums.between(at, at + 1)]
      if (this.#keys[at] === key) at++
      if (fingerprint !== undefined) yield [key, fingerprint]
    }
    for (; at < this.#keys.length; at++) {
      yield [this.#keys[at] as ReplicaId, this.#sums.between(at, at + 1)]
    }
  }
}

function byKey([a]: readonly [ReplicaId, unknown], [b]: readonly [ReplicaId, unknown]): number {
  return compareReplicaIds(a, b)
}

/** How many of `keys`, which are in order, are before `key`. */
function rankIn(keys: readonly ReplicaId[], key: ReplicaId): number {
  let [from, to] = [0, keys.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((keys[middle] as ReplicaId) < key) from = middle + 1
    else to = middle
  }
  return from
}

/** The sums of the first none, one, two, … of a list of fingerprints: any stretch is one difference. */
class PrefixSums {
  readonly #left: Uint32Array
  readonly #right: Uint32Array
  #length = 0

  constructor(length: number) {
    this.#left = new Uint32Array(length + 1)
    this.#right = new Uint32Array(length + 1)
  }

  push(fingerprint: Fingerprint): void {
    const { left, right } = plus(this.#at(this.#length), fingerprint)
    this.#length += 1
    this.#left[this.#length] = left
    this.#right[this.#length] = right
  }

  between(from: number, to: number): Fingerprint {
    return minus(this.#at(to), this.#at(from))
  }

  #at(place: number): Fingerprint {
    return { left: this.#left[place] as number, right: this.#right[place] as number }
  }
}
