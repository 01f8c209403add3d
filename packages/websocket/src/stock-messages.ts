import {
  decodeWith,
  encodeWith,
  fail,
  LIMITS,
  write,
  type Reader,
  type Result,
} from '@rejoin/protocol'

/**
 * The wire of y-websocket: one message a frame (its 3.x reads no more than one), a type and then the
 * body, which y-protocols defines. The document is not in it; the URL names it.
 */
export type StockMessage =
  | { readonly type: 'sync-step-1'; readonly stateVector: Uint8Array }
  | { readonly type: 'edit'; readonly update: Uint8Array }
  | { readonly type: 'awareness'; readonly update: Uint8Array }
  | { readonly type: 'nothing' }

const SYNC = 0
const AWARENESS = 1
const AUTH = 2
const QUERY_AWARENESS = 3

const SYNC_STEP_1 = 0
const SYNC_STEP_2 = 1
const UPDATE = 2

/** Yjs's encoding of a state vector that names nothing. */
export const EMPTY_STATE_VECTOR: Uint8Array = Uint8Array.of(0)

/** An awareness update of nobody: 3.x counts it as heard and does nothing else with it. */
export const KEEP_ALIVE: Uint8Array = Uint8Array.of(AWARENESS, 1, 0)

export function decodeStockMessage(frame: Uint8Array): Result<StockMessage> {
  return decodeWith(frame, readMessage)
}

function readMessage(reader: Reader): StockMessage {
  switch (reader.uint()) {
    case SYNC:
      return readSync(reader)
    case AWARENESS:
      return { type: 'awareness', update: reader.bytes(LIMITS.frameBytesMax, 'awareness') }
    case AUTH:
      // Only servers say this; the stock server ignores it too.
      reader.fixed(reader.bytesLeft, 'rest')
      return { type: 'nothing' }
    case QUERY_AWARENESS:
      // Asked between tabs only. A session hands out everybody's presence without being asked.
      return { type: 'nothing' }
    default:
      return fail('unknown-message', 'A frame has a message type that y-websocket does not have.')
  }
}

function readSync(reader: Reader): StockMessage {
  switch (reader.uint()) {
    case SYNC_STEP_1:
      return {
        type: 'sync-step-1',
        stateVector: reader.bytes(LIMITS.stateVectorBytesMax, 'state vector'),
      }
    case SYNC_STEP_2:
    case UPDATE:
      return { type: 'edit', update: reader.bytes(LIMITS.updateBytesMax, 'update') }
    default:
      return fail('unknown-message', 'A sync frame has a step that y-protocols does not have.')
  }
}

/** Whether an update says nothing, as the answer of a client that has nothing to give does. */
export function isEmptyUpdate(update: Uint8Array): boolean {
  return update.length === 2 && update[0] === 0 && update[1] === 0
}

export function encodeSyncStep1(stateVector: Uint8Array): Uint8Array {
  return encodeSync(SYNC_STEP_1, stateVector)
}

export function encodeSyncStep2(update: Uint8Array): Uint8Array {
  return encodeSync(SYNC_STEP_2, update)
}

export function encodeStockUpdate(update: Uint8Array): Uint8Array {
  return encodeSync(UPDATE, update)
}

export function encodeAwareness(update: Uint8Array): Uint8Array {
  return encodeWith((writer) => {
    write.uint(writer, AWARENESS)
    write.bytes(writer, update)
  })
}

function encodeSync(step: number, body: Uint8Array): Uint8Array {
  return encodeWith((writer) => {
    write.uint(writer, SYNC)
    write.uint(writer, step)
    write.bytes(writer, body)
  })
}
