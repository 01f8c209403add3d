/**
 * What a pane says of its connection and of what was typed in it. "Durable" is said only of edits
 * that the replica has acknowledged as on its disk (rule X1).
 */
export interface Holding {
  /** The replica in a sentence: "replica B". */
  readonly name: string
  readonly connected: boolean
  /** Whether a connection was lost or could not be made since the last one. */
  readonly failed: boolean
  /** Edits typed here that the replica has not acknowledged yet. */
  readonly pendingEdits: number
  readonly refusal: string | undefined
}

export type SavedState = 'durable' | 'saving' | 'kept' | 'waiting'

export function savedState({ connected, pendingEdits }: Holding): SavedState {
  if (pendingEdits === 0) return connected ? 'durable' : 'waiting'
  return connected ? 'saving' : 'kept'
}

export function savedText(holding: Holding): string {
  const edits = holding.pendingEdits === 1 ? '1 edit' : `${holding.pendingEdits} edits`
  switch (savedState(holding)) {
    case 'durable':
      return '✓ durable'
    case 'saving':
      return '… saving'
    case 'kept':
      return `${edits} kept here`
    case 'waiting':
      return holding.failed ? 'offline' : 'connecting'
  }
}

export function savedMeaning(holding: Holding): string {
  switch (savedState(holding)) {
    case 'durable':
      return `All that was typed here is on the disk of ${holding.name}.`
    case 'saving':
      return `${sentence(holding.name)} has not yet said that all of this is on its disk.`
    case 'kept':
      return 'These edits are in this page only; they are sent when the replica answers again.'
    case 'waiting':
      return `${sentence(holding.name)} is not connected.`
  }
}

/** What is wrong and what happens next; empty while nothing is. */
export function noticeOf({ name, connected, failed, refusal }: Holding): string {
  if (refusal !== undefined) return `${sentence(name)} refused an edit: ${refusal}`
  if (connected || !failed) return ''
  return (
    `${sentence(name)} is not answering; it is tried again every few seconds. ` +
    'Your typing is kept here and will be sent.'
  )
}

function sentence(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
