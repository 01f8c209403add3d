import { compareReplicaIds, type ReplicaId } from '@rejoin/protocol'

import { isSame, minus, NO_ITEMS, plus, type Fingerprint } from './fingerprint.ts'

/** The last of all keys. A range of keys ends with a key that it holds, so this one ends the last. */
export const LAST_KEY: ReplicaId = 'ffffffffffffffff' as ReplicaId

/**
 * The fingerprints of a map's items in the order of their keys, so that those of a range of keys can be
 * counted, summed and listed. A change costs a search, O(log n), and is set aside; the first question
 * after it, other than those for all items, merges what is set aside into a new list, O(n): some
 * milliseconds at 100,000 items. Without a change a question costs a search at most.
 */
export class SortedItems {
  #list = new SortedList(0)
  /** What has changed since the list was made; `undefined` for what is in the list and gone. */
  readonly #changed = new Map<ReplicaId, Fingerprint | undefined>()
  #size = 0
  #total = NO_ITEMS

  /** Begins with the items of `base`, and shares its list until either has changed and is asked. */
  constructor(base?: SortedItems) {
    if (base === undefined) return
    this.#list = base.#merged()
    this.#size = base.#size
    this.#total = base.#total
  }

  get size(): number {
    return this.#size
  }

  get(key: ReplicaId): Fingerprint | undefined {
    return this.#changed.has(key) ? this.#changed.get(key) : this.#list.get(key)
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
    if (this.#list.get(key) === undefined) this.#changed.delete(key)
    else this.#changed.set(key, undefined)
  }

  /** How many keys are `key` or before it. */
  countUpTo(key: ReplicaId): number {
    if (key === LAST_KEY) return this.#size
    const { keys } = this.#merged()
    const at = rankIn(keys, key)
    return keys[at] === key ? at + 1 : at
  }

  /** The key with `rank` others before it, of which there must be one. */
  keyAt(rank: number): ReplicaId {
    return this.#merged().keys[rank] as ReplicaId
  }

  /** The sum of the items with at least `from` and less than `to` others before them. */
  sum(from: number, to: number): Fingerprint {
    return from === 0 && to === this.#size ? this.#total : this.#merged().sum(from, to)
  }

  /** These items, each by itself. */
  *between(from: number, to: number): Generator<[ReplicaId, Fingerprint]> {
    const list = this.#merged()
    for (let at = from; at < to; at++) yield [list.keys[at] as ReplicaId, list.sum(at, at + 1)]
  }

  #merged(): SortedList {
    if (this.#changed.size === 0) return this.#list
    const list = new SortedList(this.#size)
    let at = 0
    for (const key of [...this.#changed.keys()].toSorted(compareReplicaIds)) {
      const until = rankIn(this.#list.keys, key)
      list.append(this.#list, at, until)
      at = this.#list.keys[until] === key ? until + 1 : until
      const fingerprint = this.#changed.get(key)
      if (fingerprint !== undefined) list.push(key, fingerprint)
    }
    list.append(this.#list, at, this.#list.keys.length)
    this.#changed.clear()
    this.#list = list
    return list
  }
}

/**
 * Items in order, with the sums of the first none, one, two, … of them, so that any stretch is one
 * difference. It never changes once it is made. Each item takes 16 bytes besides its key.
 */
class SortedList {
  readonly keys: ReplicaId[] = []
  readonly #left: Uint32Array
  readonly #right: Uint32Array

  constructor(size: number) {
    this.#left = new Uint32Array(size + 1)
    this.#right = new Uint32Array(size + 1)
  }

  get(key: ReplicaId): Fingerprint | undefined {
    const at = rankIn(this.keys, key)
    return this.keys[at] === key ? this.sum(at, at + 1) : undefined
  }

  sum(from: number, to: number): Fingerprint {
    return minus(this.#sumOf(to), this.#sumOf(from))
  }

  push(key: ReplicaId, fingerprint: Fingerprint): void {
    const { left, right } = plus(this.#sumOf(this.keys.length), fingerprint)
    const length = this.keys.push(key)
    this.#left[length] = left
    this.#right[length] = right
  }

  /** Takes over a stretch of `other`, whose sums move by one and the same difference. */
  append(other: SortedList, from: number, to: number): void {
    const by = minus(this.#sumOf(this.keys.length), other.#sumOf(from))
    for (let at = from; at < to; at++) {
      const length = this.keys.push(other.keys[at] as ReplicaId)
      // A sum that is over 32 bits loses what is over as it is put there.
      this.#left[length] = (other.#left[at + 1] as number) + by.left
      this.#right[length] = (other.#right[at + 1] as number) + by.right
    }
  }

  #sumOf(count: number): Fingerprint {
    return { left: this.#left[count] as number, right: this.#right[count] as number }
  }
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
