import { Acks } from './acks.ts'
import { Document } from './document.ts'
import type { SessionId } from './events.ts'
import { ENGINE_LIMITS } from './limits.ts'
import { Parking, type ParkingBudget } from './parking.ts'

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

/** A document in memory, and everybody who has to do with it. */
export interface Resident {
  readonly document: Document
  loaded: boolean
  readonly readers: Map<SessionId, Reader>
  readonly parking: Parking
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
  /** Documents that were idle when last looked at, the one idle longest first. */
  readonly #idle = new Set<string>()
  readonly #parkingBudget: ParkingBudget = { bytes: 0 }

  /** What waits for what it builds on, in all documents. */
  get parkedBytes(): number {
    return this.#parkingBudget.bytes
  }

  get(document: string): Resident | undefined {
    return this.#residents.get(document)
  }

  /** Takes a document in, not loaded yet. */
  admit(name: string): Resident {
    const resident: Resident = {
      document: new Document(name),
      loaded: false,
      readers: new Map(),
      parking: new Parking(this.#parkingBudget),
      flushedAt: Number.NEGATIVE_INFINITY,
      flushToken: 0,
      compacting: false,
      incompactible: false,
    }
    this.#residents.set(name, resident)
    return resident
  }

  remove(name: string): void {
    this.#residents.get(name)?.parking.clear()
    this.#residents.delete(name)
    this.#idle.delete(name)
  }

  /** A reader has left, or what kept a document busy has ended: it may be idle now. */
  left(name: string): void {
    const resident = this.#residents.get(name)
    if (resident === undefined || !isIdle(resident)) return
    this.#idle.delete(name)
    this.#idle.add(name)
    for (const oldest of this.#idle) {
      if (this.#idle.size <= ENGINE_LIMITS.idleDocumentsMax) return
      this.#idle.delete(oldest)
      // It may have found a reader since it was idle.
      const old = this.#residents.get(oldest)
      if (old !== undefined && isIdle(old)) this.#residents.delete(oldest)
    }
  }
}

function isIdle({ loaded, readers, parking, compacting }: Resident): boolean {
  return loaded && readers.size === 0 && parking.isEmpty && !compacting
}

export function newReader(session: SessionId): Reader {
  return { session, opening: [], cursor: undefined, acks: new Acks(), askedAt: undefined }
}
