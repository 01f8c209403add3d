import { CrdtError } from '../error.ts'
import { CRDT_LIMITS } from '../limits.ts'

/** A writer's name: what it created is its own, and equal stamps are ordered by it. */
export function checkWriter(writer: unknown): string {
  if (isWriter(writer)) return writer
  const { writerLengthMax } = CRDT_LIMITS
  throw new CrdtError('bad-key', `A writer is named by 1 to ${writerLengthMax} UTF-16 units.`)
}

export function isWriter(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= CRDT_LIMITS.writerLengthMax &&
    value.isWellFormed()
  )
}
