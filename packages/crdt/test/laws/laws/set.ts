import { register, set } from '../../../src/index.ts'
import type { Place } from '../../../src/ledger/place.ts'
import { ReplicatedSet } from '../../../src/types/set.ts'
import { uncancelled, type History, type Operation } from '../history.ts'
import type { Law } from '../law.ts'

export interface SetChange {
  readonly add: boolean
  readonly value: string
}

type StringSet = Pick<ReplicatedSet<string>, 'add' | 'delete' | 'has' | 'value'>

/** The changes to each element that no other change to it has seen. */
export function leftInSet(history: History<SetChange>): Operation<SetChange>[] {
  return uncancelled(history, (by, what) => by.value === what.value)
}

export function addWins(left: readonly Operation<SetChange>[]): string[] {
  const added = left.filter(({ what }) => what.add).map(({ what }) => what.value)
  return Array.from(new Set(added)).toSorted()
}

function removeWins(left: readonly Operation<SetChange>[]): string[] {
  const removed = new Set(left.filter(({ what }) => !what.add).map(({ what }) => what.value))
  return addWins(left).filter((value) => !removed.has(value))
}

/** Takes an element that is there for one that need not be added. */
export class HastySet extends ReplicatedSet<string> {
  override add(value: string): void {
    if (!this.has(value)) super.add(value)
  }
}

/** What everybody builds first on a Y.Map: the whole set is one value. */
const asRegister = {
  kind: 'set',
  code: 'r',
  open: (place: Place): StringSet => {
    const all = register<readonly string[]>([]).open(place)
    return {
      get value() {
        return new Set(all.value)
      },
      has: (value) => all.value.includes(value),
      add: (value) => all.set([...all.value, value].toSorted()),
      delete: () => false,
    }
  },
  read: (view: StringSet) => view.value,
}

const VALUES = ['a', 'b', 'c'] as const

const common: Pick<Law<StringSet, SetChange>, 'act' | 'shown'> = {
  act: (view, random) => {
    const [add, value] = [random.chance(0.5), random.of(...VALUES)]
    if (add) view.add(value)
    // Where adding wins, removing what is not there is nothing.
    else if (!view.delete(value)) return undefined
    return { add, value }
  },
  shown: (view) => Array.from(view.value),
}

export const addWinsLaw: Law<StringSet, SetChange> = {
  ...common,
  name: 'set, add wins',
  type: set(),
  wrong: {
    'adds only what is not in': { ...set(), open: (place) => new HastySet(place, 'a') },
    'remove wins': set({ wins: 'remove' }),
  },
  reference: (history) => addWins(leftInSet(history)),
}

export const removeWinsLaw: Law<StringSet, SetChange> = {
  ...common,
  name: 'set, remove wins',
  type: set({ wins: 'remove' }),
  wrong: { 'add wins': set() },
  act: (view, random) => {
    const [add, value] = [random.chance(0.6), random.of(...VALUES)]
    if (add) view.add(value)
    else view.delete(value)
    return { add, value }
  },
  reference: (history) => removeWins(leftInSet(history)),
}

export const growOnlyLaw: Law<StringSet, SetChange> = {
  ...common,
  name: 'set, grow only',
  type: set({ growOnly: true }),
  wrong: { 'all of it in one register': asRegister },
  act: (view, random) => {
    const value = `v${random.below(50)}`
    view.add(value)
    return { add: true, value }
  },
  reference: (history) => Array.from(new Set(history.map(({ what }) => what.value))).toSorted(),
}
