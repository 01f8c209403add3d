import { expect } from 'vitest'

import type { Type } from '../../src/index.ts'
import type { Law } from './law.ts'
import { Random } from './random.ts'
import { World } from './world.ts'

const STEPS = 150

/** One random history of a type; throws where a copy shows what it should not. */
export function live<V, A>(
  law: Law<V, A>,
  seed: number,
  type: Type<V, unknown> = law.type,
): { copies: number; operations: number } {
  const world = new World(law, type, new Random(seed))
  for (let step = 0; step < STEPS; step++) {
    world.step()
    for (const { view } of world.copies) law.always?.(view)
  }
  world.heal()
  const expected = law.reference(world.history)
  for (const { view, writer } of world.copies) expect(law.shown(view), writer).toEqual(expected)
  expect(law.shown(world.newcomer(type)), 'a newcomer').toEqual(expected)
  return { copies: world.copies.length, operations: world.history.length }
}
