import { CATCH_UP_NOTE } from '@rejoin/gossip'
import type { Head, ReplicaMessage } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { id, Rig } from './rig.ts'

const UPDATE = Uint8Array.of(0, 0)

function headAt(seq: number): Head {
  return { seq, hash: String(seq).repeat(16).slice(0, 16) }
}

/** One document of a source that holds entries of c up to `seq`. */
function documents(seq: number, done: boolean): ReplicaMessage {
  const piece = { document: 'notes', bytes: UPDATE, left: 0, last: true }
  const [base, upTo] = [new Map([[id('c'), headAt(seq)]]), new Map([[id('c'), seq]])]
  return { type: 'documents', base, upTo, pieces: [piece], done }
}

/** Begins to bring this replica up by documents of `letter`. */
function behind(rig: Rig, link: number, letter: string): void {
  rig.step({ type: 'linked', link })
  rig.hello(link, id(letter))
  rig.hears(link, { type: 'behind', floors: new Map([[id('c'), headAt(3)]]) })
}

function noteOf(rig: Rig): Uint8Array {
  return rig.take('snapshots').at(-1)?.notes.get(CATCH_UP_NOTE) ?? new Uint8Array()
}

function retireC(rig: Rig): void {
  rig.step({ type: 'retire', replica: id('c'), state: 'removed' })
}

test('[L8] documents of two sources may hold two histories of an id: that is known when it is given up', () => {
  const rig = new Rig()
  behind(rig, 1, 'a')
  rig.hears(1, documents(4, false))
  rig.step({ type: 'snapshots-stored' })
  rig.step({ type: 'unlinked', link: 1 })
  behind(rig, 2, 'b')
  rig.hears(2, documents(9, true))
  const note = noteOf(rig)
  rig.step({ type: 'snapshots-stored' })
  expect([...rig.gossip.unsure()]).toEqual([])
  retireC(rig)
  expect([...rig.gossip.unsure()]).toEqual([id('c')])
  // A restart in between does not forget it.
  const restarted = new Rig([], [], new Map([[CATCH_UP_NOTE, note]]))
  retireC(restarted)
  expect([...restarted.gossip.unsure()]).toEqual([id('c')])
  restarted.step({ type: 'published', origin: id('c'), isLost: false })
  expect([...restarted.gossip.unsure()]).toEqual([])
})

test('[L8] so may those of one source, where the log jumps over entries that it held', () => {
  const rig = new Rig()
  rig.heads.set(id('c'), headAt(2))
  behind(rig, 1, 'a')
  rig.hears(1, documents(9, true))
  retireC(rig)
  expect([...rig.gossip.unsure()]).toEqual([id('c')])
})

test('[L7] documents of one source and nothing before them leave nothing in doubt', () => {
  const rig = new Rig()
  behind(rig, 1, 'a')
  rig.hears(1, documents(9, true))
  expect(noteOf(rig)).toEqual(new Uint8Array())
  retireC(rig)
  expect([...rig.gossip.unsure()]).toEqual([])
})

test('[L7] what came before a link broke, and is durable later, does not make it ask twice over the next', () => {
  const rig = new Rig()
  behind(rig, 1, 'a')
  rig.hears(1, documents(4, false))
  rig.step({ type: 'unlinked', link: 1 })
  behind(rig, 2, 'a')
  expect(rig.sent(2)).toContain('fetch')
  rig.step({ type: 'snapshots-stored' })
  expect(rig.sent(2)).not.toContain('fetch')
  rig.hears(2, documents(4, false))
  rig.step({ type: 'snapshots-stored' })
  expect(rig.sent(2)).toContain('fetch')
})
