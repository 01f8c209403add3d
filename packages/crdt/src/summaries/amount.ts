import { CrdtError } from '../error.ts'
import { nameOf } from '../exact.ts'

/** How often something is counted: an integer from 1 to 2^53 - 1. */
export function isAmount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1
}

export function checkAmountOf(count: unknown): number {
  if (isAmount(count)) return count
  throw new CrdtError(
    'not-an-integer',
    `A summary counts by an integer from 1 to 2^53 - 1, and not by ${nameOf(count)}.`,
  )
}

/** One copy's own counts stay exact, so that whatever exceeds 2^53 is a sum over copies. */
export function checkRoomFor(count: number, total: number): void {
  if (Number.isSafeInteger(total + count)) return
  throw new CrdtError('too-large', 'The counts of this copy would be more than 2^53 - 1.')
}

/** A sum that stays at 2^53 - 1 from there on, in whatever order it is taken. */
export function saturated(sum: number): number {
  return Math.min(sum, Number.MAX_SAFE_INTEGER)
}
