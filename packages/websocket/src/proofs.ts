import { createHmac, timingSafeEqual } from 'node:crypto'

import { SECRET_PROTOCOL } from './route.ts'

/** Which end of a link: the one that dialled, or the one that was dialled and took it. */
export type End = 'dialler' | 'taker'

/** What each end draws for this one link, so that nothing said on another is worth anything here. */
export interface Nonces {
  readonly taker: Uint8Array
  readonly dialler: Uint8Array
}

/** 256 random bits: no two links ever have the same. */
export const NONCE_BYTES = 32

/** HMAC-SHA-256. */
export const PROOF_BYTES = 32

/**
 * Shows that `end` knows `secret`, to who drew the other nonce. The end is named in it, so that
 * neither can be made to answer its own challenge; the protocol too, so that a secret which is used
 * elsewhere as well gives nothing away.
 */
export function proofOf(secret: Uint8Array, end: End, nonces: Nonces): Uint8Array {
  return derived(secret, `proof of the ${end}`, nonces)
}

/** The key of the tags on the frames that `end` sends. */
export function frameKeyOf(secret: Uint8Array, end: End, nonces: Nonces): Uint8Array {
  return derived(secret, `frames of the ${end}`, nonces)
}

/** Takes as long wherever the difference is. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function derived(secret: Uint8Array, what: string, { taker, dialler }: Nonces): Uint8Array {
  const hmac = createHmac('sha256', secret)
  return hmac.update(`${SECRET_PROTOCOL} ${what}\n`).update(taker).update(dialler).digest()
}
