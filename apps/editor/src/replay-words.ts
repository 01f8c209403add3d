import type { Progress } from './replay.ts'

/** How far a replay has come, and what holds it up, in a sentence. */
export interface ReplayTold extends Progress {
  /** The panes, in their order; author k types in pane k modulo their number. */
  readonly letters: readonly string[]
  readonly authors: number
  /** The document that was opened because the one before had text. */
  readonly fresh: string | undefined
}

export function replaySentence(told: ReplayTold): string {
  const { typed, total, waiting, letters, authors, fresh } = told
  const letterOf = (author: number) => letters[author % letters.length] ?? '?'
  if (waiting !== undefined) {
    return `The author at ${letterOf(waiting)} waits for what the others typed to arrive there.`
  }
  const desks = letters.slice(0, authors)
  const where = letters.length > 1 ? ` at ${new Intl.ListFormat('en').format(desks)}` : ''
  const count = `${typed.toLocaleString('en')} of ${total.toLocaleString('en')} keystrokes`
  const why = fresh === undefined ? '' : ' A fresh document was opened, as the last one had text.'
  return `${count}, typed${where}.${why}`
}
