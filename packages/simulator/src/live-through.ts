import { live } from './history.ts'
import { mixOf } from './mix.ts'
import { addSwept, nothingSwept, type Swept } from './sweep.ts'

/** Lives the histories of `count` seeds one after the other. */
export function liveThrough(from: number, count: number): Swept {
  const sum = nothingSwept()
  for (let seed = from; seed < from + count; seed++) addSwept(sum, liveOne(seed))
  return sum
}

function liveOne(seed: number): Swept {
  try {
    const { happened, virtualMs } = live(mixOf(seed))
    return { seeds: 1, virtualMs, happened, broken: [] }
  } catch (error) {
    return { ...nothingSwept(), seeds: 1, broken: [{ seed, message: (error as Error).message }] }
  }
}
