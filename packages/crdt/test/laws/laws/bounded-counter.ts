import { expect } from 'vitest'

import { boundedCounter, counter, NotEnoughRightsError } from '../../../src/index.ts'
import type { Place } from '../../../src/ledger/place.ts'
import type { BoundedCounter } from '../../../src/types/bounded-counter.ts'
import { seenBy, type History } from '../history.ts'
import type { Law } from '../law.ts'

type Stock = Pick<BoundedCounter, 'create' | 'spend' | 'transfer' | 'value' | 'holders'>

interface Change {
  readonly kind: 'create' | 'spend' | 'transfer'
  readonly amount: number
  readonly to: string
}

/** Looks whether the value allows it, as a shop does that has one database. */
const byValue = {
  kind: 'boundedCounter',
  code: 'c',
  open: (place: Place): Stock => {
    const total = counter().open(place)
    return {
      get value() {
        return Number(total.value)
      },
      holders: () => new Map(),
      create: (amount) => total.increment(amount),
      spend: (amount) => {
        if (amount > total.value) throw new NotEnoughRightsError(amount, 0, new Map())
        total.decrement(amount)
      },
      transfer: () => {},
    }
  },
  read: (view: Stock) => view.value,
}

function held(history: History<Change>): Map<string, number> {
  const rights = new Map<string, number>()
  const give = (to: string, amount: number): void => {
    rights.set(to, (rights.get(to) ?? 0) + amount)
  }
  for (const { writer, what } of history) {
    give(writer, what.kind === 'create' ? what.amount : -what.amount)
    if (what.kind === 'transfer') give(what.to, what.amount)
  }
  return rights
}

export const boundedCounterLaw: Law<Stock, Change> = {
  name: 'boundedCounter',
  type: boundedCounter({ min: 0 }),
  wrong: { 'spends what the value allows': byValue },
  act: (view, random, { writers }) => {
    const kind = random.of('create', 'spend', 'spend', 'spend', 'transfer')
    const [amount, to] = [random.between(1, 9), random.pick(writers) ?? '']
    try {
      if (kind === 'transfer') view.transfer(amount, to)
      else view[kind](amount)
    } catch (error) {
      if (error instanceof NotEnoughRightsError) return undefined
      throw error
    }
    return { kind, amount, to }
  },
  shown: (view) => ({
    value: view.value,
    holders: Object.fromEntries(view.holders()),
  }),
  reference: (history) => {
    // Nobody ever spent what it did not hold, by all that its copy knew.
    for (const operation of history) {
      const known = held([...seenBy(history, operation), operation])
      expect(known.get(operation.writer) ?? 0).toBeGreaterThanOrEqual(0)
    }
    const rights = Array.from(held(history)).filter(([, amount]) => amount > 0)
    return {
      value: rights.reduce((sum, [, amount]) => sum + amount, 0),
      holders: Object.fromEntries(rights),
    }
  },
  always: (view) => expect(view.value).toBeGreaterThanOrEqual(0),
}
