import { ClassicLevel } from 'classic-level'

import { RejoinError } from '@rejoin/protocol'

import type { Found } from './directory.ts'

/**
 * LevelDB with keys and values of bytes, and its errors in words: what happened to which directory,
 * and what to do about it.
 */
export type Database = ClassicLevel<Uint8Array, Uint8Array>

/** Opens, or where nothing was `found` creates, the database in `directory`, an absolute path. */
export async function openDatabase(directory: string, found: Found): Promise<Database> {
  try {
    const encodings = { keyEncoding: 'view', valueEncoding: 'view' } as const
    const database: Database = new ClassicLevel(directory, encodings)
    await database.open({ createIfMissing: found === 'nothing' })
    return database
  } catch (error) {
    throw openingError(directory, error)
  }
}

/**
 * Rejects when another process has the database open. Told to create one where there is one already,
 * LevelDB takes the lock and then refuses, before it touches anything.
 */
export async function checkLock(directory: string): Promise<void> {
  try {
    await new ClassicLevel(directory).open({ errorIfExists: true })
  } catch (error) {
    if (codeOf(rootCause(error)) === 'LEVEL_LOCKED') throw error
  }
}

/** `error` as a `RejoinError` about opening `directory`. */
export function openingError(directory: string, error: unknown): RejoinError {
  if (error instanceof RejoinError) return error
  const cause = rootCause(error)
  if (codeOf(cause) === 'LEVEL_LOCKED') {
    const message =
      `The directory ${directory} is in use by another process; ` +
      'stop it or choose another directory with --data.'
    return new RejoinError('store-locked', message, { cause })
  }
  const message =
    `The directory ${directory} can't be opened: ${describe(cause)}. See that it is a directory ` +
    'that this process may write to, or choose another one with --data.'
  return new RejoinError('store-failed', message, { cause })
}

/** `error` as a `RejoinError` about a commit that did not become durable. */
export function writingError(directory: string, error: unknown): RejoinError {
  const cause = rootCause(error)
  const message =
    `Writing to ${directory} failed: ${describe(cause)}. Nothing more is stored until that works ` +
    'again: free space or mend the disk; it is tried again by itself.'
  return new RejoinError('store-failed', message, { cause })
}

/** `error` as a `RejoinError` about something that could not be read. */
export function readingError(directory: string, what: string, error: unknown): RejoinError {
  if (error instanceof RejoinError) return error
  const cause = rootCause(error)
  const message =
    `Reading ${what} in ${directory} failed: ${describe(cause)}. Nothing else is affected; see ` +
    `rejoin check ${directory}.`
  return new RejoinError('damaged', message, { cause })
}

/** LevelDB hands out views on Node's buffers, whose `slice` does not copy as that of others does. */
export function plainBytes(view: Uint8Array): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

// The reason proper is inside: outside it says only that the database failed to open.
function rootCause(error: unknown): unknown {
  const inner = error instanceof Error ? error.cause : undefined
  return inner === undefined ? error : rootCause(inner)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
