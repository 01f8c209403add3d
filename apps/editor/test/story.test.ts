import { describe, expect, test } from 'vitest'

import type { Cable, CableState, Station } from '../src/network.ts'
import { tell } from '../src/story.ts'

function situation(states: readonly CableState[], entries: number, silent: readonly string[] = []) {
  const stations: Station[] = ['A', 'B', 'C'].map((letter) => {
    return { letter, address: '', status: undefined, answering: !silent.includes(letter) }
  })
  const [ab = 'live', ac = 'live', bc = 'live'] = states
  const cables: Cable[] = [
    { from: 0, to: 1, state: ab },
    { from: 0, to: 2, state: ac },
    { from: 1, to: 2, state: bc },
  ]
  return { stations, cables, entries, belief: false }
}

describe('the story', () => {
  test('is calm when R equals U', () => {
    expect(tell(situation([], 0))).toMatchObject({
      mood: 'calm',
      headline: 'Everybody has everything.',
    })
  })

  test('does not alarm about entries on their way over whole cables', () => {
    expect(tell(situation([], 2))).toMatchObject({
      mood: 'moving',
      headline: '2 entries on the way.',
    })
  })

  test('names the way round one cut cable', () => {
    const { mood, detail } = tell(situation(['cut', 'live', 'live'], 0))
    expect(mood).toBe('calm')
    expect(detail).toContain('A and B still reach each other through C.')
    expect(tell(situation(['live', 'live', 'cut'], 0)).detail).toContain('B and C')
  })

  test('counts what has not reached everybody once a replica is apart', () => {
    const { mood, headline, detail } = tell(situation(['cut', 'cut', 'live'], 7))
    expect(mood).toBe('apart')
    expect(headline).toBe('7 entries have not reached everybody.')
    expect(detail).toContain('A is on its own.')
    expect(tell(situation(['cut', 'live', 'cut'], 1)).headline).toBe(
      '1 entry has not reached everybody.',
    )
  })

  test('says when each replica is on its own', () => {
    const { detail } = tell(situation(['cut', 'cut', 'cut'], 3))
    expect(detail).toContain('Each is on its own.')
  })

  test('says whose belief it is, and how many links that replica has', () => {
    const { detail } = tell({ ...situation(['live', 'cut', 'live'], 0), belief: true })
    expect(detail).toBe('As replica A knows it, which is linked to 2 of 3 others.')
  })

  test('names a replica that does not answer', () => {
    const broken = tell(situation(['broken', 'live', 'broken'], 0, ['B']))
    expect(broken.mood).toBe('apart')
    expect(broken.detail).toContain('B is not answering')
    expect(tell(situation([], 0, ['A', 'B', 'C'])).mood).toBe('unknown')
  })
})
