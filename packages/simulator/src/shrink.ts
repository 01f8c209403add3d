import { live } from './history.ts'
import { FAULTS, type Mix } from './mix.ts'

/**
 * Makes a history that breaks a rule as small as it can be made in steps, each of which must still break
 * one: fewer moments, fewer clients and replicas, one kind of fault after the other left out.
 */
export async function shrink(mix: Mix): Promise<Mix> {
  let smallest = mix
  for (let before: Mix | undefined; before !== smallest;) {
    before = smallest
    for (const smaller of smallerThan(smallest)) {
      if (!(await isBroken(smaller))) continue
      smallest = smaller
      break
    }
  }
  return smallest
}

function* smallerThan(mix: Mix): Generator<Mix> {
  for (const part of [2, 4, 8]) {
    const moments = mix.moments - Math.ceil(mix.moments / part)
    if (moments > 0) yield { ...mix, moments }
  }
  if (mix.clients > 1) yield { ...mix, clients: mix.clients - 1 }
  if (mix.replicas > 1) yield { ...mix, replicas: mix.replicas - 1 }
  for (const fault of FAULTS) {
    if (mix.likely[fault] > 0) yield { ...mix, likely: { ...mix.likely, [fault]: 0 } }
  }
}

async function isBroken(mix: Mix): Promise<boolean> {
  try {
    await live(mix)
    return false
  } catch {
    return true
  }
}
