import { isPath, type Path } from './path.ts'

/**
 * A token is one JSON array in the ledger, `[address, …payload]`, whose address is its type's code
 * and its path in one string. It never changes: a change drops the tokens that it saw and puts new
 * ones, so that Yjs's own deletions, which name just what was seen, are the causal context. Whether
 * a token is there is all that is ever asked.
 */
export interface Token {
  /** With `clock` the identity of the token in Yjs. */
  readonly client: number
  readonly clock: number
  readonly code: string
  readonly path: Path
  readonly payload: readonly unknown[]
}

export function readToken(
  [client, clock]: readonly [number, number],
  value: unknown,
  isKnown: (path: string) => boolean,
): Token | undefined {
  if (!Array.isArray(value)) return undefined
  const [address, ...payload] = value as unknown[]
  if (typeof address !== 'string' || address === '') return undefined
  const path = address.slice(1)
  if (!isKnown(path) && !isPath(path)) return undefined
  return { client, clock, code: address.charAt(0), path, payload }
}

/**
 * An order that is the same everywhere, for tokens that only a mistake or an enemy makes
 * contradict each other, and for copies that undoing made.
 */
export function compareTokens(a: Token, b: Token): number {
  return a.client === b.client ? a.clock - b.clock : a.client - b.client
}
