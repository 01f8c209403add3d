import { CrdtError } from '../error.ts'
import { CRDT_LIMITS } from '../limits.ts'

/**
 * Where a value is in its schema: the names of the fields and the keys that lead to it, joined by
 * `/` and escaped as in a JSON pointer (RFC 6901). `''` is the document itself.
 */
export type Path = string

export function childPath(parent: Path, key: string): Path {
  const path = parent === '' ? escape(key) : `${parent}/${escape(key)}`
  if (path.length > CRDT_LIMITS.pathLengthMax || depthOf(path) > CRDT_LIMITS.pathDepthMax) {
    throw new CrdtError('bad-key', `The path to '${key.slice(0, 40)}' is too long or too deep.`)
  }
  return path
}

/** The paths from the document's own to `path`, which is the last. */
export function parentPath(path: Path): Path {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

export function lastKey(path: Path): string {
  return unescape(path.slice(path.lastIndexOf('/') + 1))
}

/** The keys of `path` below `ancestor`. */
export function keysBelow(ancestor: Path, path: Path): string[] {
  if (path === ancestor) return []
  const rest = ancestor === '' ? path : path.slice(ancestor.length + 1)
  return rest.split('/').map(unescape)
}

export function depthOf(path: Path): number {
  let depth = path === '' ? 0 : 1
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) depth += 1
  return depth
}

/** A key as every replica reads it, or an error. */
export function checkKey(key: unknown): string {
  if (typeof key !== 'string' || key.length > CRDT_LIMITS.keyLengthMax) {
    throw new CrdtError(
      'bad-key',
      `A key is a string of at most ${CRDT_LIMITS.keyLengthMax} units.`,
    )
  }
  return key.toWellFormed()
}

function escape(key: string): string {
  return key.includes('~') || key.includes('/')
    ? key.replaceAll('~', '~0').replaceAll('/', '~1')
    : key
}

function unescape(key: string): string {
  return key.includes('~') ? key.replaceAll('~1', '/').replaceAll('~0', '~') : key
}
