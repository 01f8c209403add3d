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
  static thingsMax: number = LIMITS.updateStructsMax
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

  override readAny(): unknown {
    return checkDepth(super.readAny())
  }

  override readJSON(): unknown {
    return checkDepth(super.readJSON())
  }

  get bytesLeft(): number {
    return this.restDecoder.arr.length - this.restDecoder.pos
  }

  #count(): void {
    this.#things += 1
    if (this.#things > WatchedDecoder.thingsMax) {
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
  return decode(bytes, (decoded) => {
    checkClients(decoded)
    checkStructs(decoded.structs)
  })
}

/**
 * The same without its limits: for what passed the gate once and was merged since, such as whole
 * documents out of our own store, and entries.
 */
export function decodeAnySize(bytes: Uint8Array): Result<DecodedUpdate> {
  WatchedDecoder.thingsMax = Number.POSITIVE_INFINITY
  try {
    return decode(bytes, () => {})
  } finally {
    WatchedDecoder.thingsMax = LIMITS.updateStructsMax
  }
}

function decode(bytes: Uint8Array, check: (decoded: DecodedUpdate) => void): Result<DecodedUpdate> {
  try {
    const { structs, ds } = Y.decodeUpdateV2(bytes, WatchedDecoder)
    const left = WatchedDecoder.last?.bytesLeft ?? 0
    if (left > 0) return rejectTrailing(structs.length === 0, left)
    const decoded = { bytes, structs, deletes: ds.clients }
    checkClocks(decoded)
    check(decoded)
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
  for (const struct of structs) {
    checkClock(struct.id.clock + struct.length)
    if (struct instanceof Y.Item && struct.content instanceof Y.ContentJSON) {
      checkDepth(struct.content.arr)
    }
  }
  for (const ranges of deletes.values()) {
    for (const { clock, len } of ranges) checkClock(clock + len)
  }
}

function checkClients({ structs, deletes }: DecodedUpdate): void {
  const clients = new Set<number>(deletes.keys())
  for (const { id } of structs) clients.add(id.client)
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

type Struct = DecodedUpdate['structs'][number]

/**
 * What every encoder of Yjs keeps to, and its merging counts on: clients in falling order, each
 * with structs that join on. Merged out of that order, structs would silently be lost.
 */
function checkStructs(structs: readonly Struct[]): void {
  let before: Struct | undefined
  for (const struct of structs) {
    const { client, clock } = struct.id
    const isOrdered =
      before === undefined ||
      client < before.id.client ||
      (client === before.id.client && clock === before.id.clock + before.length)
    if (!isOrdered) throw new GateError('bad-update', 'The update has its structs out of order.')
    if (!(struct instanceof Y.Skip)) checkStruct(struct)
    before = struct
  }
}

/** No honest struct is without length, or builds on itself; Yjs throws when it integrates one. */
function checkStruct(struct: Y.Item | Y.GC): void {
  const { client, clock } = struct.id
  const isAhead = (id: unknown): boolean =>
    id instanceof Y.ID && id.client === client && id.clock >= clock
  const isCircular =
    struct instanceof Y.Item &&
    (isAhead(struct.origin) || isAhead(struct.rightOrigin) || isAhead(struct.parent))
  if (struct.length > 0 && !isCircular) return
  throw new GateError('bad-update', 'The update has a struct without length, or one that circles.')
}

/** Level by level and not by recursion, which is what a deep value makes overflow. */
function checkDepth<T>(value: T): T {
  if (typeof value !== 'object') return value
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > ENGINE_LIMITS.valueDepthMax) {
      throw new GateError('bad-update', `A value nests over ${ENGINE_LIMITS.valueDepthMax} deep.`)
    }
    const objects = level.filter((each) => typeof each === 'object' && each !== null)
    level = objects.flatMap((each) => (each instanceof Uint8Array ? [] : Object.values(each)))
  }
  return value
}
