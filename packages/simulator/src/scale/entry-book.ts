import { createHash } from 'node:crypto'

import {
  bytesFromHex,
  CHAIN_HASH_BYTES,
  CHAIN_START,
  decodeEntry,
  encodeEntry,
  hexFromBytes,
  type ChainHash,
  type Head,
  type ReplicaId,
  type SealedEntry,
} from '@rejoin/protocol'

import type { Spread } from './spread.ts'

/** An entry, once for all who hold it. */
export interface Noted {
  readonly sealed: SealedEntry
  readonly head: Head
  /** The chain hash before it. */
  readonly previous: ChainHash
  /** How it spreads, if that is being measured. */
  spread: Spread | undefined
}

/** Bytes of the one update in an entry: a few keystrokes. */
const UPDATE_BYTES = 60

/**
 * Every entry that was ever made, sealed once: ten thousand replicas hold the same bytes, and only where
 * they stand in them differs.
 */
export class EntryBook {
  readonly #byOrigin = new Map<ReplicaId, Noted[]>()

  /** Makes the next entry of `origin`, with one small update. */
  seal(origin: ReplicaId): Noted {
    const noted = this.#byOrigin.get(origin) ?? []
    this.#byOrigin.set(origin, noted)
    const seq = noted.length + 1
    const previous = noted.at(-1)?.head.hash ?? CHAIN_START
    const update = new Uint8Array(UPDATE_BYTES).fill(seq)
    const changes = [{ document: 'notes', update }]
    const entry = { dot: { replica: origin, seq }, deps: new Map(), changes }
    const bytes = encodeEntry(entry)
    const hash = chainHash(previous, bytes)
    const next = { sealed: { ...entry, bytes, hash }, head: { seq, hash }, previous }
    const made = { ...next, spread: undefined }
    noted.push(made)
    return made
  }

  /** The entry with these bytes. */
  find(bytes: Uint8Array): Noted {
    const decoded = decodeEntry(bytes)
    const noted = decoded.ok ? this.get(decoded.value.dot) : undefined
    if (noted === undefined) throw new Error('An entry came that nobody made.')
    return noted
  }

  get({ replica, seq }: { readonly replica: ReplicaId; readonly seq: number }): Noted | undefined {
    return this.#byOrigin.get(replica)?.[seq - 1]
  }
}

/** The engine's chain (rule L1), which it keeps to itself. */
function chainHash(previous: ChainHash, entry: Uint8Array): ChainHash {
  const hash = createHash('sha256').update(bytesFromHex(previous)).update(entry).digest()
  return hexFromBytes(hash.subarray(0, CHAIN_HASH_BYTES), CHAIN_HASH_BYTES)
}
