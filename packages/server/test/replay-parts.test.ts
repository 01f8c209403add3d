import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { codePointsBefore, unitAt } from '../src/replay/code-points.ts'
import { describeDifference } from '../src/replay/convergence.ts'
import { drawStretches, seededRandom } from '../src/replay/cut-schedule.ts'
import { progressText, showProgress } from '../src/replay/progress.ts'
import { documentNameOf } from '../src/replay/recording-file.ts'

describe('code points', () => {
  it('are found at the units where the string iterator finds them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const characters = Array.from(text)
        let unit = 0
        for (let position = 0; position <= characters.length; position++) {
          expect(unitAt(text, position)).toBe(unit)
          expect(codePointsBefore(text, unit)).toBe(position)
          unit += characters[position]?.length ?? 0
        }
        expect(unitAt(text, characters.length + 1)).toBeUndefined()
      }),
    )
  })
})

describe('the schedule of cuts', () => {
  it('is the same for the same seed, in order, within the recording, and never overlaps', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(300_000), fc.integer({ min: 2, max: 9 }), (seed, count, of) => {
        const stretches = drawStretches(count, of, seededRandom(seed))
        expect(drawStretches(count, of, seededRandom(seed))).toEqual(stretches)
        let last = 0
        for (const { from, to, unplugged } of stretches) {
          expect(from).toBeGreaterThanOrEqual(last)
          expect(to).toBeGreaterThan(from)
          expect(to).toBeLessThanOrEqual(count)
          expect(unplugged === 'all' || unplugged < of).toBe(true)
          last = to
        }
      }),
    )
  })

  it('differs between seeds, unplugs each replica and sometimes all', () => {
    const [one, two] = [1, 2].map((seed) => drawStretches(10_000, 3, seededRandom(seed)))
    expect(one).not.toEqual(two)
    const unplugged = new Set([...one!, ...two!].map((stretch) => stretch.unplugged))
    expect([...unplugged].map(String).toSorted()).toEqual(['0', '1', '2', 'all'])
  })

  it('is empty where there is nothing to cut', () => {
    expect(drawStretches(10_000, 1, seededRandom(1))).toEqual([])
    expect(drawStretches(0, 3, seededRandom(1))).toEqual([])
  })
})

describe('the difference between two texts', () => {
  it('is told by the first place, in code points, with what stands there', () => {
    expect(describeDifference('a😀bx', 'a😀by')).toBe(
      'at character 3 it has "x", and the recording "y"',
    )
    expect(describeDifference('ab', 'abc')).toBe('at character 2 it has "", and the recording "c"')
  })
})

describe('progress', () => {
  const facts = { typed: 50, total: 200, links: 'whole', equal: '1 of 3' }

  it('tells how far, how fast, and what is cut', () => {
    const text = progressText({ ...facts, phase: 'typing' }, 2_000)
    expect(text).toBe('██████░░░░░░░░░░░░░░░░░░ 50/200 (25 %), 25/s, links whole')
    expect(progressText({ ...facts, phase: 'saving' }, 1)).toContain('until all are durable')
    expect(progressText({ ...facts, phase: 'converging' }, 1)).toContain('1 of 3')
    expect(progressText({ ...facts, total: 0, typed: 0, phase: 'typing' }, 0)).toContain('100 %')
  })

  it('leaves a terminal line clean, and writes nothing elsewhere when it ends at once', () => {
    const written: string[] = []
    const write = (text: string): number => written.push(text)
    showProgress(() => ({ ...facts, phase: 'typing' }), { write })()
    expect(written).toEqual([])
    showProgress(() => ({ ...facts, phase: 'typing' }), { isTTY: true, write })()
    expect(written).toEqual(['\r\u001B[K'])
  })
})

describe('the name of the document', () => {
  it.each([
    ['/recordings/friendsforever.json.gz', 'friendsforever'],
    ['paper.json', 'paper'],
    ['notes.v2.json', 'notes.v2'],
  ])('%s is typed into %s', (file, name) => {
    expect(documentNameOf(file)).toBe(name)
  })
})
