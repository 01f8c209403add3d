import { CrdtError } from '../error.ts'
import { CRDT_LIMITS } from '../limits.ts'

/**
 * Where a value is in its schema: the names of the fields and the keys that lead to it, joined by
 * `/` and escaped as in a JSON pointer (RFC 6901), but for the empty one, which is written `~2`. `''` is
 * the document itself.
 */
export type Path = string

export function childPath(parent: Path, key: string): Path {
  const path = parent === '' ? escape(key) : `${parent}/${escape(key)}`
  if (!hasRoom(path)) throw tooLong(key)
  return path
}

/** What may follow a path: so many units, and so many keys. */
export interface Reach {
  readonly length: number
  readonly depth: number
}

export const NO_REACH: Reach = { length: 0, depth: 0 }

/** The reach of a name and of what may follow it. */
export function reachBy(name: string, below: Reach): Reach {
  return { length: 1 + escape(name).length + below.length, depth: 1 + below.depth }
}

/** Whether something of that reach could follow a path. */
export function hasRoom(path: Path, { length, depth }: Reach = NO_REACH): boolean {
  const { pathLengthMax, pathDepthMax } = CRDT_LIMITS
  return path.length + length <= pathLengthMax && depthOf(path) + depth <= pathDepthMax
}

export function tooLong(key: string): CrdtError {
  return new CrdtError('bad-key', `The path to '${key.slice(0, 40)}' is too long or too deep.`)
}

/** The path that `path` lies directly below; the document's own lies below none but itself. */
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

/** What has no `~` but in `~0` and `~1`, and no empty part, which is written `~2`. */
const CANONICAL = /^(?:~2|(?:[^~/]|~[01])+)(?:\/(?:~2|(?:[^~/]|~[01])+))*$/

/** Whether a path could be one of ours: of every path there is one way to write it. */
export function isPath(path: string): path is Path {
  if (path === '') return true
  return (
    hasRoom(path) &&
    CANONICAL.test(path) &&
    path.split('/').every((part) => unescape(part).length <= CRDT_LIMITS.keyLengthMax)
  )
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
  if (key === '') return '~2'
  return key.includes('~') || key.includes('/')
    ? key.replaceAll('~', '~0').replaceAll('/', '~1')
    : key
}

function unescape(key: string): string {
  if (key === '~2') return ''
  return key.includes('~') ? key.replaceAll('~1', '/').replaceAll('~0', '~') : key
}
