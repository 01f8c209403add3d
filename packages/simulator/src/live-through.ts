import { live } from './history.ts'
import { mixOf } from './mix.ts'
import { addSwept, nothingSwept, type Swept } from './sweep.ts'

/** Lives the histories of `count` seeds one after the other. */
export async function liveThrough(from: number, count: number): Promise<Swept> {
  const sum = nothingSwept()
  for (let seed = from; seed < from + count; seed++) addSwept(sum, await liveOne(seed))
  return sum
}

async function liveOne(seed: number): Promise<Swept> {
  try {
    const { happened, virtualMs } = await live(mixOf(seed))
    return { seeds: 1, virtualMs, happened, broken: [] }
  } catch (error) {
    return { ...nothingSwept(), seeds: 1, broken: [{ seed, message: (error as Error).message }] }
  }
}
