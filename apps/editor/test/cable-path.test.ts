import { describe, expect, test } from 'vitest'

import { hang, place, socketAt, type Layout } from '../src/cable-path.ts'

function row(count: number): Layout {
  const spans = Array.from({ length: count }, (_, index) => {
    return { start: index * 400, end: index * 400 + 380, edge: 600 }
  })
  return { spans, depth: 120, column: false }
}

describe('cables', () => {
  test('have a socket of their own at each pane, in an order in which none cross', () => {
    const layout = row(3)
    const main = (at: number, other: number) => socketAt(layout, at, other).main
    expect(main(0, 2)).toBeLessThan(main(0, 1))
    expect(main(1, 0)).toBeLessThan(main(1, 2))
    expect(main(2, 1)).toBeLessThan(main(2, 0))
  })

  test('hang the deeper the farther apart their panes are', () => {
    const layout = row(3)
    const near = hang(layout, 0, 1).middle
    const far = hang(layout, 0, 2).middle
    expect(near.cross).toBeCloseTo(660)
    expect(far.cross).toBeCloseTo(720)
  })

  test('swap their axes where panes stand in a column', () => {
    const layout = { ...row(2), column: true }
    const { middle, from } = hang(layout, 0, 1)
    expect(place(layout, middle)).toEqual([middle.cross, middle.main])
    expect(hang(layout, 0, 1).whole).toMatch(new RegExp(`^M600 ${Math.round(from.main)}C`))
  })
})
