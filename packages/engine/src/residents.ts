import { Acks } from './acks.ts'
import { Document } from './document.ts'
import type { SessionId } from './events.ts'
import type { DecodedUpdate } from './gate.ts'
import { ENGINE_LIMITS } from './limits.ts'

/** One session's place in one document. */
export interface Reader {
  readonly session: SessionId
  /** The state vectors of `open`s that wait for the document to be loaded. */
  readonly opening: Uint8Array[]
  /** The place in the tail up to which it has everything; `undefined` before it was answered. */
  cursor: number | undefined
  readonly acks: Acks
  /** When it was last asked for what an update of its builds on. */
  askedAt: number | undefined
}

/** An update that waits: for the document to be loaded, or for what it builds on. */
export interface Parked {
  readonly session: SessionId
  readonly ref: number
  readonly update: DecodedUpdate
}

/** A document in memory, and everybody who has to do with it. */
export interface Resident {
  readonly document: Document
  loaded: boolean
  readonly readers: Map<SessionId, Reader>
  parked: Parked[]
  parkedBytes: number
  flushedAt: number
  /** Names the flush that is scheduled; 0 when none is. */
  flushToken: number
  compacting: boolean
  /** It once could not be compacted, and is left as it is. */
  incompactible: boolean
}

/**
 * The documents in memory. One with readers stays; of the others the most recently used few stay,
 * and the rest cost nothing but their bytes on disk (rule X3).
 */
export class Residents {
  readonly #residents = new Map<string, Resident>()

  get(document: string): Resident | undefined {
    return this.#residents.get(document)
  }

  all(): IterableIterator<Resident> {
    return this.#residents.values()
  }

  /** Takes a document in, not loaded yet. */
  admit(name: string): Resident {
    const resident: Resident = {
      document: new Document(name),
      loaded: false,
      readers: new Map(),
      parked: [],
      parkedBytes: 0,
      flushedAt: Number.NEGATIVE_INFINITY,
      flushToken: 0,
      compacting: false,
      incompactible: false,
    }
    this.#residents.set(name, resident)
    return resident
  }

  remove(name: string): void {
    this.#residents.delete(name)
  }

  /** A reader has left: the document moves to the young end, and old idle ones go. */
  left(name: string): void {
    const resident = this.#residents.get(name)
    if (resident === undefined || !isIdle(resident)) return
    this.#residents.delete(name)
    this.#residents.set(name, resident)
    const idle = [...this.#residents].filter(([, each]) => isIdle(each))
    const surplus = Math.max(0, idle.length - ENGINE_LIMITS.idleDocumentsMax)
    for (const [old] of idle.slice(0, surplus)) this.#residents.delete(old)
  }
}

function isIdle({ loaded, readers, parked, compacting }: Resident): boolean {
  return loaded && readers.size === 0 && parked.length === 0 && !compacting
}

export function newReader(session: SessionId): Reader {
  return { session, opening: [], cursor: undefined, acks: new Acks(), askedAt: undefined }
}
