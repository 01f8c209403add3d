import { multiValueRegister } from '../../../src/index.ts'
import { MultiValueRegister } from '../../../src/types/multi-value-register.ts'
import { uncancelled } from '../history.ts'
import type { Law } from '../law.ts'

export const multiValueRegisterLaw: Law<MultiValueRegister<string>, { readonly value: string }> = {
  name: 'multiValueRegister',
  type: multiValueRegister(),
  wrong: {
    'one of the values': {
      ...multiValueRegister(),
      open: (place) =>
        new (class extends MultiValueRegister<string> {
          protected override snapshot(last: readonly string[] | undefined): readonly string[] {
            return super.snapshot(last).slice(0, 1)
          }
        })(place),
    },
  },
  act: (view, random) => {
    const value = random.of('a', 'b', 'c', 'd', 'e')
    view.set(value)
    return { value }
  },
  shown: (view) => view.value,
  reference: (history) => {
    const left = uncancelled(history, () => true).map(({ what }) => what.value)
    return Array.from(new Set(left)).toSorted()
  },
}
