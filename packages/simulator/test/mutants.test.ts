import { MUTANTS } from '../src/mutants/mutants.ts'
import { mutate, removeMutant } from '../src/mutants/mutate.ts'
import { expect, test } from 'vitest'

// How soon each is caught is measured by `npm run simulate -- --mutants`; here, that none has become
// something that is not in the code any more.
test.for(MUTANTS)('the mutant "$name" can still be made', async (mutant) => {
  const folder = await mutate(mutant)
  await removeMutant(folder)
  expect(folder).toContain('rejoin-mutant-')
})

test('a mutant of what is not there is told of', async () => {
  const nothing = {
    name: 'x',
    rule: 'L1',
    file: 'engine/dist/log.js',
    find: 'what no file has',
    replace: '',
  }
  await expect(mutate(nothing)).rejects.toThrow('0 times')
})
