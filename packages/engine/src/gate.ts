import { accept, LIMITS, reject, type RejectionCode, type Result } from '@rejoin/protocol'
import * as Y from 'yjs'

import { ENGINE_LIMITS } from './limits.ts'

/** A Yjs update taken apart as far as it tells what it brings and what it builds on. */
export interface DecodedUpdate {
  readonly bytes: Uint8Array
  readonly structs: readonly (Y.Item | Y.GC | Y.Skip)[]
  readonly deletes: ReadonlyMap<number, readonly DeletedRange[]>
}

export interface DeletedRange {
  readonly clock: number
  readonly len: number
}

/** The update that changes nothing. */
export const EMPTY_UPDATE: Uint8Array = Uint8Array.of(0, 0)

class GateError extends Error {
  readonly code: RejectionCode

  constructor(code: RejectionCode, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Yjs's own V1 decoder, watched: it counts what it reads, so that a small update cannot make a large
 * one, and remembers where it ended, since Yjs itself ignores what comes after.
 */
class WatchedDecoder extends Y.UpdateDecoderV1 {
  static last: WatchedDecoder | undefined
  #things = 0

  constructor(decoder: ConstructorParameters<typeof Y.UpdateDecoderV1>[0]) {
    super(decoder)
    WatchedDecoder.last = this
  }

  override readInfo(): number {
    this.#count()
    return super.readInfo()
  }

  override readDsClock(): number {
    this.#count()
    return super.readDsClock()
  }

  get bytesLeft(): number {
    return this.restDecoder.arr.length - this.restDecoder.pos
  }

  #count(): void {
    this.#things += 1
    if (this.#things > LIMITS.updateStructsMax) {
      throw new GateError(
        'too-large',
        `The update has over ${LIMITS.updateStructsMax} structs and deletions; send it in parts.`,
      )
    }
  }
}

/**
 * The gate for updates from outside: an update passes when Yjs can decode all of it as V1 and it is
 * within the limits. V2 is refused whole: its decoder can be made to hang, and V2 bytes read as V1
 * look like an empty update with something behind it.
 */
export function decodeUpdate(bytes: Uint8Array): Result<DecodedUpdate> {
  if (bytes.length > LIMITS.updateBytesMax) {
    const reason = `The update has ${bytes.length} bytes; the limit is ${LIMITS.updateBytesMax}.`
    return reject('too-large', reason)
  }
  return decodeAnySize(bytes)
}

/** The same without the size limit: for whole documents out of our own store. */
export function decodeAnySize(bytes: Uint8Array): Result<DecodedUpdate> {
  try {
    const { structs, ds } = Y.decodeUpdateV2(bytes, WatchedDecoder)
    const left = WatchedDecoder.last?.bytesLeft ?? 0
    if (left > 0) return rejectTrailing(structs.length === 0, left)
    const decoded = { bytes, structs, deletes: ds.clients }
    checkClocks(decoded)
    return accept(decoded)
  } catch (error) {
    if (error instanceof GateError) return reject(error.code, error.message)
    return reject('bad-update', `The update is no Yjs V1 update: ${(error as Error).message}.`)
  } finally {
    WatchedDecoder.last = undefined
  }
}

function rejectTrailing(looksV2: boolean, left: number): ReturnType<typeof reject> {
  return looksV2
    ? reject('v2-update', 'This looks like a Yjs V2 update; send V1 (Y.encodeStateAsUpdate).')
    : reject('bad-update', `The update has ${left} bytes after its end.`)
}

function checkClocks({ structs, deletes }: DecodedUpdate): void {
  const clients = new Set<number>(deletes.keys())
  for (const struct of structs) {
    clients.add(struct.id.client)
    checkClock(struct.id.clock + struct.length)
  }
  for (const ranges of deletes.values()) {
    for (const { clock, len } of ranges) checkClock(clock + len)
  }
  if (clients.size > LIMITS.updateClientsMax) {
    const reason = `The update names ${clients.size} clients; the limit is ${LIMITS.updateClientsMax}.`
    throw new GateError('too-large', reason)
  }
}

function checkClock(end: number): void {
  if (end > ENGINE_LIMITS.clockMax) {
    throw new GateError(
      'bad-update',
      `The update has a clock of ${end}, which no document reaches.`,
    )
  }
}
