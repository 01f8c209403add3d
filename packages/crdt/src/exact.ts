import { CrdtError } from './error.ts'
import { CRDT_LIMITS } from './limits.ts'

/** An integer without rounding: a number where that is exact, and a `bigint` beyond 2^53. */
export type Exact = number | bigint

export function plus(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return normal(BigInt(a) + BigInt(b))
}

export function negated(a: Exact): Exact {
  return typeof a === 'number' ? 0 - a : normal(-a)
}

/** An amount to count by, or an error: a number beyond 2^53 is not the integer that it shows. */
export function checkExact(amount: unknown): Exact {
  if (typeof amount === 'bigint') return checkDigits(normal(amount))
  if (typeof amount === 'number' && Number.isSafeInteger(amount)) return amount
  throw new CrdtError(
    'not-an-integer',
    `${nameOf(amount)} is no exact integer; beyond 2^53 use a bigint.`,
  )
}

export function checkDigits(amount: Exact): Exact {
  if (typeof amount === 'number') return amount
  const digits = amount.toString().replace('-', '')
  if (digits.length <= CRDT_LIMITS.counterDigitsMax) return amount
  throw new CrdtError('too-large', `A count has over ${CRDT_LIMITS.counterDigitsMax} digits.`)
}

/** In a token: a number, or the decimal digits of a `bigint`. */
export function encodeExact(amount: Exact): number | string {
  return typeof amount === 'number' ? amount : amount.toString()
}

export function decodeExact(value: unknown): Exact | undefined {
  if (Number.isSafeInteger(value)) return value as number
  if (typeof value !== 'string' || value.length > CRDT_LIMITS.counterDigitsMax + 1) return undefined
  return /^-?\d+$/.test(value) ? normal(BigInt(value)) : undefined
}

/** A whole number above 0, or an error. */
export function checkAmount(amount: unknown): number {
  if (typeof amount === 'number' && Number.isSafeInteger(amount) && amount > 0) return amount
  throw new CrdtError(
    'not-an-integer',
    `An amount of rights is an integer from 1 to 2^53 - 1, and not ${nameOf(amount)}.`,
  )
}

/** The nearest number that is an exact integer. */
export function toSafe(amount: Exact): number {
  if (typeof amount === 'number') return amount
  return amount > 0 ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER
}

/** For a message: whatever it is, also what has no text. */
export function nameOf(amount: unknown): string {
  return typeof amount === 'number' ? `${amount}` : `a ${typeof amount}`
}

function normal(amount: bigint): Exact {
  const number = Number(amount)
  return Number.isSafeInteger(number) ? number : amount
}
