import { live } from './history.ts'
import type { Mix } from './mix.ts'
import { addSwept, nothingSwept, type Swept } from './sweep.ts'
import { NO_WISH, wished, type Wish } from './wish.ts'

/** Lives the histories of `count` seeds one after the other. */
export async function liveThrough(
  from: number,
  count: number,
  wish: Wish = NO_WISH,
): Promise<Swept> {
  const sum = nothingSwept()
  for (let seed = from; seed < from + count; seed++)
    addSwept(sum, await liveOne(wished(seed, wish)))
  return sum
}

async function liveOne(mix: Mix): Promise<Swept> {
  try {
    const { happened, virtualMs } = await live(mix)
    return { seeds: 1, virtualMs, happened, broken: [] }
  } catch (error) {
    return {
      ...nothingSwept(),
      seeds: 1,
      broken: [{ seed: mix.seed, message: (error as Error).message }],
    }
  }
}
