import { boundedCounter, counter, flag, multiValueRegister, register } from '@rejoin/crdt'

import { onMap, ours, type Case } from './case.ts'

const setsKey = onMap((map, at) => map.set('it', at))
const setsFlag = onMap((map, at) => map.set('it', at % 2 === 0))

const clientIdWins = 'no: of concurrent writes that of the greater client id wins'

export const scalars: readonly Case[] = [
  {
    name: 'register',
    live: '1 value',
    ours: ours(register(0), (view, at) => view.set(at)),
    naive: setsKey,
    naiveIs: 'Y.Map.set',
    naiveVerdict: clientIdWins,
  },
  {
    name: 'multiValueRegister',
    live: '1 value',
    ours: ours(multiValueRegister<number>(), (view, at) => view.set(at)),
    naive: setsKey,
    naiveIs: 'Y.Map.set',
    naiveVerdict: 'no: concurrent values are lost',
  },
  {
    name: 'counter, up',
    live: '1 sum a writer',
    ours: ours(counter(), (view) => view.increment()),
    naive: onMap((map) => map.set('it', ((map.get('it') as number | undefined) ?? 0) + 1)),
    naiveIs: 'Y.Map.set(n + 1)',
    naiveVerdict: 'no: concurrent counts are lost',
    expected: (changes) => changes,
  },
  {
    name: 'counter, up and down',
    live: '1 sum a writer',
    ours: ours(counter(), (view, at) => view.increment(step(at))),
    naive: onMap((map, at, _, writer) => {
      const key = step(at) > 0 ? `${writer} P` : `${writer} N`
      map.set(key, ((map.get(key) as number | undefined) ?? 0) + 1)
    }),
    naiveIs: 'Y.Map, keys P and N a writer',
    naiveVerdict: 'yes, while a writer has one copy',
    expected: (changes) => Math.floor(changes / 4) * 2 + [0, 1, 2, 1][changes % 4]!,
  },
  {
    name: 'boundedCounter',
    live: '1 row a writer',
    ours: ours(boundedCounter({ min: 0 }), (view, at) => {
      if (view.rights > 0 && step(at) < 0) view.spend(1)
      else view.create(1)
    }),
    naive: onMap((map, at) => {
      const stock = (map.get('it') as number | undefined) ?? 0
      map.set('it', stock > 0 && step(at) < 0 ? stock - 1 : stock + 1)
    }),
    naiveIs: 'Y.Map.set(n - 1) if n > 0',
    naiveVerdict: 'no: goes below its bound, counts are lost',
  },
  {
    name: 'flag (enable wins)',
    live: '1 flag',
    ours: ours(flag(), (view, at) => view.set(at % 2 === 0)),
    naive: setsFlag,
    naiveIs: 'Y.Map.set',
    naiveVerdict: clientIdWins,
  },
  {
    name: 'flag (disable wins)',
    live: '1 flag',
    ours: ours(flag({ wins: 'disable' }), (view, at) => view.set(at % 2 === 0)),
    naive: setsFlag,
    naiveIs: 'Y.Map.set',
    naiveVerdict: clientIdWins,
  },
]

/** Three up and one down. */
function step(at: number): 1 | -1 {
  return at % 4 === 2 ? -1 : 1
}
