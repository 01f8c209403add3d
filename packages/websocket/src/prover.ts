import { randomBytes } from 'node:crypto'

import { accept, reject, type Rejection, type Result } from '@rejoin/protocol'

import { frameKeyOf, isSame, NONCE_BYTES, PROOF_BYTES, proofOf, type Nonces } from './proofs.ts'
import { SECRET_LIMITS, type Secrets } from './secrets.ts'

/**
 * One end of the exchange by which two replicas show each other that they know a common secret:
 *
 *     taker    challenge: its nonce
 *     dialler  answer:    its nonce, and a proof for each of its secrets
 *     taker    proof:     for the first of its secrets that was among them
 *
 * The dialler shows first, so that who merely reaches a port has nothing to try guesses on. It shows
 * each of its secrets, at most `secretsMax`, since it can't know which of them the taker has: while
 * they are rotated, two lists that overlap anyhow are enough.
 */
export interface Prover {
  /** What this end says before it has heard anything. */
  begin(): Uint8Array | undefined
  take(frame: Uint8Array): Result<Step>
}

export interface Step {
  readonly answer?: Uint8Array
  /** Present once the other end has proven that it knows a secret. */
  readonly keys?: FrameKeys
}

/** Known to the two ends alone, and on this link alone. */
export interface FrameKeys {
  readonly sending: Uint8Array
  readonly receiving: Uint8Array
}

const CHALLENGE = 1
const ANSWER = 2
const PROOF = 3

const NO_PROOF = refusal(
  'What came is no proof of a secret; run the same release of Rejoin on both replicas.',
)
const NOTHING_IN_COMMON = refusal(
  'These two replicas have no secret in common; give both the same one.',
)

function refusal(reason: string): { ok: false; rejection: Rejection } {
  return reject('wrong-secret', reason)
}

export class TakerProver implements Prover {
  readonly #secrets: Secrets
  readonly #nonce: Uint8Array = randomBytes(NONCE_BYTES)

  constructor(secrets: Secrets) {
    this.#secrets = secrets
  }

  begin(): Uint8Array {
    return frameOf(CHALLENGE, this.#nonce)
  }

  take(frame: Uint8Array): Result<Step> {
    const proofs = (frame.length - 1 - NONCE_BYTES) / PROOF_BYTES
    const isAnswer = frame[0] === ANSWER && Number.isInteger(proofs) && proofs >= 1
    if (!isAnswer || proofs > SECRET_LIMITS.secretsMax) return NO_PROOF
    const nonces = { taker: this.#nonce, dialler: frame.subarray(1, 1 + NONCE_BYTES) }
    const offered = proofsIn(frame.subarray(1 + NONCE_BYTES))
    const common = this.#secrets.find((secret) => {
      const expected = proofOf(secret, 'dialler', nonces)
      return offered.some((proof) => isSame(proof, expected))
    })
    if (common === undefined) return NOTHING_IN_COMMON
    const keys = {
      sending: frameKeyOf(common, 'taker', nonces),
      receiving: frameKeyOf(common, 'dialler', nonces),
    }
    return accept({ answer: frameOf(PROOF, proofOf(common, 'taker', nonces)), keys })
  }
}

export class DiallerProver implements Prover {
  readonly #secrets: Secrets
  /** Known once it was challenged. */
  #nonces: Nonces | undefined

  constructor(secrets: Secrets) {
    this.#secrets = secrets
  }

  begin(): undefined {
    return undefined
  }

  take(frame: Uint8Array): Result<Step> {
    return this.#nonces === undefined ? this.#challenged(frame) : this.#shown(frame, this.#nonces)
  }

  #challenged(frame: Uint8Array): Result<Step> {
    if (frame[0] !== CHALLENGE || frame.length !== 1 + NONCE_BYTES) return NO_PROOF
    // A copy: the frame is a view on a much larger piece of memory.
    const nonces = { taker: frame.slice(1), dialler: randomBytes(NONCE_BYTES) }
    this.#nonces = nonces
    const proofs = this.#secrets.map((secret) => proofOf(secret, 'dialler', nonces))
    return accept({ answer: frameOf(ANSWER, nonces.dialler, ...proofs) })
  }

  #shown(frame: Uint8Array, nonces: Nonces): Result<Step> {
    if (frame[0] !== PROOF || frame.length !== 1 + PROOF_BYTES) return NO_PROOF
    const shown = frame.subarray(1)
    const common = this.#secrets.find((secret) => isSame(proofOf(secret, 'taker', nonces), shown))
    if (common === undefined) return NOTHING_IN_COMMON
    const keys = {
      sending: frameKeyOf(common, 'dialler', nonces),
      receiving: frameKeyOf(common, 'taker', nonces),
    }
    return accept({ keys })
  }
}

function frameOf(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Uint8Array.of(type), ...parts])
}

function proofsIn(bytes: Uint8Array): Uint8Array[] {
  const count = bytes.length / PROOF_BYTES
  return Array.from({ length: count }, (_, at) => {
    return bytes.subarray(at * PROOF_BYTES, (at + 1) * PROOF_BYTES)
  })
}
