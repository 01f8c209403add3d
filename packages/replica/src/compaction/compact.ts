import { decodeAnySize, Extent, type DecodedUpdate } from '@rejoin/engine'
import * as Y from 'yjs'

const NONE: DecodedUpdate['deletes'] = new Map()

export type CompactionResult =
  | { readonly ok: true; readonly snapshot: Uint8Array }
  /** `reason` is a sentence for people; with `isRefused` it was not tried, and says nothing of the updates. */
  | { readonly ok: false; readonly reason: string; readonly isRefused?: boolean }

export interface CompactionOptions {
  /** Whether the content of what was deleted may go; without it Yjs's snapshots stay possible. */
  readonly gc: boolean
  /** Whether to leave out the proof: where nothing is deleted that the snapshot covers. */
  readonly isUnproved?: boolean
}

/**
 * One update that holds what `updates` hold together: through a `Y.Doc`, since merging alone keeps
 * every keystroke apart. What it replaces will be deleted, so it is proved first (rule S5): it reaches as
 * far as they do and no further, and deletes all that they delete, by a count that Yjs's documents have no
 * part in; and taken alone it makes the same document. In whatever order the updates are, and however often
 * they are repeated, the bytes are the same. (One exception, without gc: the two halves of a character that
 * were deleted one after the other, for which Yjs keeps the character or U+FFFD twice, by the order.) Takes
 * any bytes, and never throws.
 */
export function compact(
  updates: readonly Uint8Array[],
  { gc, isUnproved = false }: CompactionOptions,
): CompactionResult {
  const doc = passingDoc(gc)
  try {
    doc.transact(() => {
      for (const update of updates) Y.applyUpdate(doc, update)
    })
    if (hasHole(doc)) return failed('something that it builds on is missing')
    const snapshot = Y.encodeStateAsUpdate(doc)
    const objection = isUnproved ? undefined : objectionTo(snapshot, updates, { gc })
    return objection === undefined ? { ok: true, snapshot } : failed(objection)
  } catch (error) {
    return failed(`Yjs can't integrate it (${(error as Error).message})`)
  }
}

/** Nobody refers to it: a name of its own would take 32 random numbers. */
function passingDoc(gc: boolean): Y.Doc {
  return new Y.Doc({ gc, guid: '' })
}

function failed(reason: string): CompactionResult {
  return { ok: false, reason: `The document can't be compacted: ${reason}.` }
}

function hasHole({ store }: Y.Doc): boolean {
  return store.pendingStructs !== null || store.pendingDs !== null
}

/** Why `snapshot` must not take the place of `updates`; `undefined` when it may. */
export function objectionTo(
  snapshot: Uint8Array,
  updates: readonly Uint8Array[],
  { gc }: CompactionOptions,
): string | undefined {
  const [held, given] = [new Extent(), new Extent()]
  const decoded = decodeAnySize(snapshot)
  if (!decoded.ok) return `the snapshot can't be decoded (${decoded.rejection.reason})`
  held.add(decoded.value)
  for (const update of updates) {
    const each = decodeAnySize(update)
    if (!each.ok) return `an update of it can't be decoded (${each.rejection.reason})`
    if (!held.holds(each.value)) return 'the snapshot lacks a part of it'
    given.add({ ...each.value, deletes: NONE })
  }
  // Yjs may have deleted more than was asked for: what is in a deleted parent, or a value overwritten.
  if (!given.holds({ ...decoded.value, deletes: NONE })) {
    return 'the snapshot has what was not in it'
  }
  return isWholeAlone(snapshot, { gc }) ? undefined : 'the snapshot makes another document'
}

function isWholeAlone(snapshot: Uint8Array, { gc }: CompactionOptions): boolean {
  const doc = passingDoc(gc)
  try {
    Y.applyUpdate(doc, snapshot)
    return !hasHole(doc) && equalBytes(Y.encodeStateAsUpdate(doc), snapshot)
  } catch {
    return false
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
