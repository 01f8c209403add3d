import { register } from '../../../src/index.ts'
import { Place } from '../../../src/ledger/place.ts'
import type { Register } from '../../../src/types/register.ts'
import { seenBy, uncancelled, type History } from '../history.ts'
import type { Law } from '../law.ts'

interface Set {
  readonly value: string
}

const TICKS_PER_MS = 2_048
const DRIFT_TICKS = 300_000 * TICKS_PER_MS
const always = (): boolean => true

/** Each write's stamp, from the clock of its copy and the stamps of what it replaced. */
function stamps(history: History<Set>): number[] {
  const known: number[] = []
  for (const write of history) {
    const seen = uncancelled(seenBy(history, write), always).map(({ id }) => known[id] ?? 0)
    const now = write.nowMs * TICKS_PER_MS
    known.push(Math.max(now, Math.min(Math.max(0, ...seen) + 1, now + DRIFT_TICKS)))
  }
  return known
}

function reference(history: History<Set>): string {
  const known = stamps(history)
  const [last] = uncancelled(history, always).toSorted(
    (a, b) => (known[b.id] ?? 0) - (known[a.id] ?? 0) || (a.writer < b.writer ? 1 : -1),
  )
  return last?.what.value ?? 'initial'
}

export const registerLaw: Law<Register<string>, Set> = {
  name: 'register',
  type: register('initial'),
  wrong: {
    'stamps only count': {
      ...register('initial'),
      open: (place) =>
        register('initial').open(new Place({ ...place.author, now: () => 0 }, place.path)),
    },
  },
  act: (view, random) => {
    const value = `v${random.below(1_000_000)}`
    view.set(value)
    return { value }
  },
  shown: (view) => view.value,
  reference,
}
