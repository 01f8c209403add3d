import { equalVersions } from '@rejoin/protocol'

import type { World } from '../world.ts'
import type { Happening } from './replica-watch.ts'

/** What a run is to come to once its faults have ended. */
export class Milestones {
  readonly #world: World
  #isEqual = false
  #isKnown = false

  constructor(world: World) {
    this.#world = world
  }

  *look(): Generator<Happening> {
    const { replicas } = this.#world
    const [first, ...others] = replicas.map(({ disk }) => disk.version())
    const isEqual = others.every((other) => equalVersions(first ?? new Map(), other))
    if (isEqual && !this.#isEqual) yield ['equal', 'everybody has everything: R = U']
    this.#isEqual = isEqual
    const isKnown = isEqual && replicas.every(({ engine }) => engine?.stability.divergence === 0)
    if (isKnown && !this.#isKnown)
      yield ['known-equal', 'everybody knows that everybody has everything']
    this.#isKnown = isKnown
  }
}
