/**
 * What comes from outside never throws past a decoder or a gate: it is rejected with one of these
 * codes, changes nothing, is answered with its reason, and counts in `status` (rule X2). The close
 * code is what a WebSocket that can't go on is closed with.
 */
export type RejectionCode =
  | 'malformed'
  | 'corrupt'
  | 'unknown-message'
  | 'text-frame'
  | 'too-large'
  | 'wrong-protocol'
  | 'wrong-secret'
  | 'bad-name'
  | 'bad-update'
  | 'v2-update'
  | 'not-open'
  | 'park-full'
  | 'self-link'
  | 'duplicate-link'
  | 'link-cut'
  | 'forked'
  | 'retired'
  | 'id-in-use'
  | 'too-many'
  | 'view-full'
  | 'evicted'
  | 'visited'
  | 'too-slow'
  | 'silent'
  | 'read-only'
  | 'unreadable'
  | 'closing'
  | 'restarting'

export interface Rejection {
  readonly code: RejectionCode
  /** What happened and what to do, for a person. */
  readonly reason: string
}

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly rejection: Rejection }

export function accept<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function reject(code: RejectionCode, reason: string): { ok: false; rejection: Rejection } {
  return { ok: false, rejection: { code, reason } }
}

/**
 * WebSocket close codes; those from 4000 on are this protocol's own. A client need not come back
 * after 44xx, since the same would happen again; after 45xx it should, later. Stock y-websocket
 * clients keep to that too.
 */
export const CLOSE_CODES: Readonly<Record<RejectionCode, number>> = {
  closing: 1001,
  'text-frame': 1003,
  'too-large': 1009,
  malformed: 4400,
  'unknown-message': 4401,
  'bad-name': 4402,
  'bad-update': 4403,
  'v2-update': 4404,
  'wrong-protocol': 4405,
  'not-open': 4406,
  'self-link': 4407,
  forked: 4408,
  retired: 4409,
  'id-in-use': 4410,
  'wrong-secret': 4411,
  'too-many': 4500,
  'too-slow': 4501,
  'park-full': 4502,
  silent: 4503,
  'read-only': 4504,
  unreadable: 4505,
  'link-cut': 4506,
  'duplicate-link': 4507,
  restarting: 4508,
  'view-full': 4509,
  evicted: 4510,
  visited: 4511,
  corrupt: 4512,
}

const CODE_OF_CLOSE = new Map(
  Object.entries(CLOSE_CODES).map(([code, number]) => [number, code as RejectionCode]),
)

/** The rejection that a close code stands for, or `undefined` for one that is not ours. */
export function rejectionOfClose(closeCode: number): RejectionCode | undefined {
  return CODE_OF_CLOSE.get(closeCode)
}

/** The value, for those to whom a rejection is an error of the caller's. */
export function orThrow<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new RejoinError(result.rejection.code, result.rejection.reason)
}

/** The error of Rejoin's own interfaces: `code` is stable, `message` says what to do. */
export class RejoinError extends Error {
  readonly code:
    | RejectionCode
    | 'timeout'
    | 'closed'
    | 'store-failed'
    | 'store-locked'
    | 'damaged'
    | 'unknown-peer'
    | 'no-members'

  constructor(code: RejoinError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RejoinError'
    this.code = code
  }
}
