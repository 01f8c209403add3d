import { Chance } from '@rejoin/gossip'

import type { ScaleWorld } from '../scale-world.ts'

/** What happens to a process. */
interface Turn {
  readonly at: number
  readonly place: number
  readonly what: 'stands' | 'takes some' | 'goes on'
}

type Span = readonly [leastMs: number, mostMs: number]

/** Between two bouts all is well. In one the process stands still again and again. */
const WELL_MS: Span = [20_000, 100_000]
const BOUT_MS: Span = [10_000, 40_000]
const STILL_MS: Span = [1_000, 5_000]

/**
 * Lets time pass in which the processes at `places` are slow now and then, always the same for a seed.
 * Between two standstills of a bout each takes only `most` of the events that wait for it.
 */
export function runWithSlow(
  world: ScaleWorld,
  places: readonly number[],
  { ms, most, seed }: { readonly ms: number; readonly most: number; readonly seed: number },
): void {
  const turns = places.flatMap((place) => [...turnsOf(place, ms, new Chance(seed + place))])
  const beganAt = world.now
  for (const { at, place, what } of turns.toSorted((a, b) => a.at - b.at)) {
    world.run(beganAt + at - world.now)
    if (what === 'stands') world.standStill(place)
    else if (what === 'takes some') world.takeSome(place, most)
    else world.goOn(place)
  }
  world.run(beganAt + ms - world.now)
}

function* turnsOf(place: number, ms: number, chance: Chance): Generator<Turn> {
  const drawn = ([leastMs, mostMs]: Span): number => leastMs + chance.next() * (mostMs - leastMs)
  let at = drawn([0, WELL_MS[1]])
  while (at < ms) {
    yield { at, place, what: 'stands' }
    const end = Math.min(ms, at + drawn(BOUT_MS))
    for (at += drawn(STILL_MS); at < end; at += drawn(STILL_MS)) {
      yield { at, place, what: 'takes some' }
    }
    yield { at: end, place, what: 'goes on' }
    at = end + drawn(WELL_MS)
  }
}
