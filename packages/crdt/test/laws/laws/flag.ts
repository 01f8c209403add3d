import { flag } from '../../../src/index.ts'
import type { Flag } from '../../../src/types/flag.ts'
import { uncancelled, type History } from '../history.ts'
import type { Law } from '../law.ts'

interface Change {
  readonly on: boolean
}

function law(wins: 'enable' | 'disable', decide: (left: boolean[]) => boolean): Law<Flag, Change> {
  const other = wins === 'enable' ? 'disable' : 'enable'
  return {
    name: `flag, ${wins} wins`,
    type: flag({ wins }),
    wrong: { [`${other} wins`]: flag({ wins: other }) },
    act: (view, random) => {
      const on = random.chance(0.5)
      view.set(on)
      return { on }
    },
    shown: (view) => view.value,
    reference: (history: History<Change>) =>
      decide(uncancelled(history, () => true).map(({ what }) => what.on)),
  }
}

export const enableWinsLaw = law('enable', (left) => left.includes(true))
export const disableWinsLaw = law('disable', (left) => left.includes(true) && !left.includes(false))
