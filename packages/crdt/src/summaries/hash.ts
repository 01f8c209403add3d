import { digest } from 'lib0/hash/sha256'
import { encodeUtf8 } from 'lib0/string'

import { jsonKey, toJson } from '../json.ts'

/** As many words as a SHA-256 digest has. */
export const HASH_WORDS = 8

/**
 * Unsigned words of 32 bits, the same on every copy for items that are equal as JSON, and as good as
 * independent of each other: what the errors of the summaries are derived from. SHA-256 is no
 * luxury here; with a weaker function a client could choose items that collide. Throws
 * `CrdtError('not-json')`.
 */
export function hashWords(item: unknown): number[] {
  const bytes = digest(encodeUtf8(jsonKey(toJson(item))))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: HASH_WORDS }, (_, word) => view.getUint32(word * 4))
}
