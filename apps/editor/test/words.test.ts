import { describe, expect, test } from 'vitest'

import { noticeOf, savedState, savedText, type Holding } from '../src/pane-words.ts'
import { tidyName } from '../src/person.ts'
import { replaySentence } from '../src/replay-words.ts'

const FINE: Holding = {
  name: 'replica B',
  connected: true,
  failed: false,
  pendingEdits: 0,
  refusal: undefined,
}

describe('what a pane says', () => {
  test('[X1] is "durable" only when nothing is pending and the replica is there', () => {
    expect(savedText(FINE)).toBe('✓ durable')
    for (const pendingEdits of [0, 1, 5]) {
      for (const connected of [true, false]) {
        const durable = savedState({ ...FINE, pendingEdits, connected }) === 'durable'
        expect(durable).toBe(connected && pendingEdits === 0)
      }
    }
  })

  test('[X1] counts the edits that only this page has', () => {
    expect(savedText({ ...FINE, connected: false, pendingEdits: 3 })).toBe('3 edits kept here')
    expect(savedText({ ...FINE, connected: false, pendingEdits: 1 })).toBe('1 edit kept here')
  })

  test('is that a silent replica is tried again, but only after it failed', () => {
    const lost = { ...FINE, connected: false, failed: true }
    expect(noticeOf(lost)).toMatch(/^Replica B is not answering; it is tried again/)
    expect(noticeOf({ ...lost, failed: false })).toBe('')
    expect(noticeOf(FINE)).toBe('')
  })

  test('[X2] is why an edit was refused', () => {
    expect(noticeOf({ ...FINE, refusal: 'It is too large.' })).toContain('It is too large.')
  })
})

test('a name is trimmed and cut, and never empty', () => {
  expect(tidyName('  Ada   Lovelace ', 'x')).toBe('Ada Lovelace')
  expect(tidyName(' \n ', 'Quiet Owl')).toBe('Quiet Owl')
  expect(tidyName('👋'.repeat(40), 'x')).toBe('👋'.repeat(24))
})

describe('what a replay says', () => {
  const told = { typed: 1200, total: 26_078, waiting: undefined, fresh: undefined }

  test('names the panes that type', () => {
    const sentence = replaySentence({ ...told, letters: ['A', 'B', 'C'], authors: 2 })
    expect(sentence).toBe('1,200 of 26,078 keystrokes, typed at A and B.')
    expect(replaySentence({ ...told, letters: ['A'], authors: 2 })).toMatch(/keystrokes, typed\.$/)
  })

  test('names the author who waits', () => {
    const sentence = replaySentence({ ...told, waiting: 4, letters: ['A', 'B', 'C'], authors: 5 })
    expect(sentence).toContain('The author at B waits')
  })
})
