import { CHAIN_START } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { haveOf, hears, idOf, linked, saidBy } from './peers.ts'
import { Rig, typed } from './rig.ts'

/** What peers were asked for since this was last looked at. */
function wanted(rig: Rig): string[] {
  return saidBy(rig).flatMap((message) => {
    if (message.type !== 'want') return []
    return message.ranges.map(({ origin, from, to }) => `${origin[0]} ${from}–${to}`)
  })
}

/** Time passes, in which it may ask for what was announced and has not come. */
function graft(rig: Rig): void {
  for (let round = 0; round < 3; round++) {
    rig.now += 1_000
    for (const { timer } of rig.take('schedule')) {
      if (timer.kind === 'gossip' && timer.timer.kind === 'graft')
        rig.step({ type: 'timer', timer })
    }
  }
}

/** A peer that has something links, to a replica whose disk has just failed. */
function rigWithFullDisk(): Rig {
  const rig = new Rig()
  rig.open(1)
  rig.edit(1, 1, typed(7, 'a')[0] as Uint8Array)
  rig.fire('seal')
  const batch = rig.take('commit')[0]?.batch.id ?? 0
  rig.step({ type: 'commit-failed', batch, reason: 'No space left on the disk.' })
  linked(rig, 1, 'b')
  hears(rig, 1, haveOf('b', 3))
  graft(rig)
  return rig
}

test('[S2] a replica that can store nothing asks its peers for nothing, until it can', () => {
  const rig = rigWithFullDisk()
  expect(wanted(rig)).toEqual([])
  rig.step({ type: 'reopened', heads: new Map(), floors: new Map() })
  // That it opens is no sign that it takes anything: it does once what had failed is written.
  graft(rig)
  expect(wanted(rig)).toEqual([])
  rig.step({ type: 'committed', batch: rig.take('commit')[0]?.batch.id ?? 0 })
  graft(rig)
  expect(wanted(rig)).toEqual(['b 1–3'])
})

test('[S2] it asks again, too, when what had failed turns out to be in the store', () => {
  const rig = rigWithFullDisk()
  const heads = new Map([[idOf('a'), { seq: 1, hash: CHAIN_START }]])
  rig.step({ type: 'reopened', heads, floors: new Map() })
  graft(rig)
  expect(wanted(rig)).toEqual(['b 1–3'])
})
