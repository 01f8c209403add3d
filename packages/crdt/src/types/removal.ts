import * as Y from 'yjs'

import { lineOf, readCount, type Count } from './counts.ts'
import { BOUNDED_COUNTER, COUNTER, COUNTER_RESET } from '../ledger/codes.ts'
import type { Place } from '../ledger/place.ts'
import type { Path } from '../ledger/path.ts'
import type { Token } from '../ledger/token.ts'

/**
 * Takes away what this copy sees at a place and below, and nothing else: what is changed
 * concurrently stays. Dropping the tokens does it for most types. Of a counter, whose token is a
 * running sum, the sum that was seen is noted, so that a concurrent change counts by its difference.
 * Tokens of types that this version of an application does not know go too.
 */
export function removeTokens(transaction: Y.Transaction, place: Place): void {
  const { ledger } = place
  const tokens = Array.from(place.node?.tokens() ?? [])
  for (const token of tokens) {
    if (token.code === COUNTER) noteReset(transaction, place, token, tokens)
  }
  for (const token of tokens) {
    if (token.code !== COUNTER_RESET && token.code !== BOUNDED_COUNTER) {
      ledger.drop(transaction, token)
    }
  }
  for (const path of Array.from(place.node?.texts() ?? [])) deleteText(transaction, path)
}

/** Whatever kind it is, also one that this version of an application has never asked for. */
function deleteText(transaction: Y.Transaction, path: Path): void {
  const root = transaction.doc.share.get(path)
  if (root instanceof Y.Text || root instanceof Y.XmlFragment) root.delete(0, root.length)
  else for (let item = root?._start; item; item = item.right) item.delete(transaction)
}

/** A line of this very copy needs no note: nobody else can be adding to it. */
function noteReset(
  transaction: Y.Transaction,
  { ledger }: Place,
  token: Token,
  tokens: readonly Token[],
): void {
  const count = readCount(token.payload)
  if (count === undefined || count.lineage === ledger.lineage) return
  ledger.put(transaction, COUNTER_RESET, token.path, token.payload)
  for (const other of tokens) {
    if (other.path === token.path && isOutdone(other, count)) ledger.drop(transaction, other)
  }
}

function isOutdone(other: Token, count: Count): boolean {
  if (other.code !== COUNTER_RESET) return false
  const reset = readCount(other.payload)
  return reset !== undefined && lineOf(reset) === lineOf(count) && reset.at <= count.at
}
