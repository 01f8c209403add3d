import { CHAIN_START } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { entriesOf, hears, idOf, linked } from './peers.ts'
import { Rig, typed } from './rig.ts'

const ANOTHER_HISTORY = '1'.repeat(16)

test('[L1] [L2] disputed entries that are on their way to the disk are rolled back when they are there', () => {
  const rig = new Rig()
  linked(rig, 1, 'b')
  linked(rig, 2, 'c')
  hears(rig, 1, entriesOf('b', 1, typed(1, 'one ', 'two ', 'three ')))
  rig.fire('seal')
  const [commit] = rig.take('commit')
  expect(commit?.batch.entries.map(({ dot }) => dot.seq)).toEqual([1, 2, 3])

  hears(rig, 2, entriesOf('b', 4, typed(2, 'other'), ANOTHER_HISTORY))
  expect(rig.take('read-loose')).toEqual([])

  rig.step({ type: 'committed', batch: commit?.batch.id ?? 0 })
  expect(rig.take('read-loose')).toMatchObject([{ origin: idOf('b'), seq: 2 }])
})

test('[L1] [L2] disputed entries that wait for a commit are rolled back when they are on the disk', () => {
  const rig = new Rig()
  linked(rig, 1, 'b')
  linked(rig, 2, 'c')
  rig.open(7)
  rig.edit(7, 1, typed(9, 'mine')[0] as Uint8Array)
  rig.fire('seal')
  const [first] = rig.take('commit')
  hears(rig, 1, entriesOf('b', 1, typed(1, 'one ', 'two ')))
  hears(rig, 2, entriesOf('b', 3, typed(2, 'other'), ANOTHER_HISTORY))

  rig.step({ type: 'committed', batch: first?.batch.id ?? 0 })
  expect(rig.take('read-loose')).toEqual([])
  const [second] = rig.take('commit')
  expect(second?.batch.entries.map(({ dot }) => dot.seq)).toEqual([1, 2])
  rig.step({ type: 'committed', batch: second?.batch.id ?? 0 })
  expect(rig.take('read-loose')).toMatchObject([{ origin: idOf('b'), seq: 1 }])
})

test('[L1] [L7] where documents came that may hold the other history, they are published too', () => {
  const rig = new Rig()
  linked(rig, 1, 'b')
  linked(rig, 2, 'd')
  hears(rig, 1, entriesOf('c', 1, typed(1, 'one ', 'two ', 'three ')))
  rig.commit()
  const base = new Map([[idOf('d'), { seq: 9, hash: ANOTHER_HISTORY }]])
  hears(rig, 2, { type: 'behind', floors: base })
  const [update] = typed(2, 'of the other second entry') as [Uint8Array]
  const pieces = [{ document: 'notes', bytes: update, left: 0, last: true }]
  const upTo = new Map([[idOf('c'), 2]])
  hears(rig, 2, { type: 'documents', base, upTo, pieces, done: true })
  rig.commit()

  hears(rig, 1, entriesOf('c', 4, typed(3, 'fourth'), ANOTHER_HISTORY))
  expect(rig.take('read-all')).toEqual([])
  expect(rig.take('read-loose')).toMatchObject([{ seq: 2 }])
  rig.step({ type: 'loose', origin: idOf('c'), entries: [] })
  rig.step({ type: 'was-cut', origin: idOf('c'), head: { seq: 2, hash: CHAIN_START } })

  hears(rig, 1, entriesOf('c', 3, typed(3, 'third'), ANOTHER_HISTORY))
  expect(rig.take('read-loose')).toEqual([])
  expect(rig.take('read-all')).toMatchObject([{ after: '' }])
})
