import { counter, register, type Exact } from '../../../src/index.ts'
import type { Law } from '../law.ts'

interface Counting {
  readonly value: Exact
  increment(by: Exact): void
}

/** What everybody builds first on a Y.Map: it reads, adds, and writes. */
const readAndWrite = {
  kind: 'counter',
  code: 'r',
  open: (place: Parameters<ReturnType<typeof counter>['open']>[0]): Counting => {
    const total = register(0).open(place)
    return {
      get value(): Exact {
        return total.value
      },
      increment: (by: Exact) => total.set(total.value + Number(by)),
    }
  },
  read: (view: Counting) => view.value,
}

export const counterLaw: Law<Counting, { readonly by: number }> = {
  name: 'counter',
  type: counter(),
  wrong: { 'read, add, write': readAndWrite },
  act: (view, random) => {
    const by = random.between(-5, 9)
    view.increment(by)
    return { by }
  },
  shown: (view) => view.value,
  reference: (history) => history.reduce((sum, { what }) => sum + what.by, 0),
}
