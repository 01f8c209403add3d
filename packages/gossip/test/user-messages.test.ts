import { Chance, GOSSIP_LIMITS } from '@rejoin/gossip'
import { encodeReplicaMessage, LIMITS, type UserMessage } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { id, Rig } from './rig.ts'

function message(number: number, rest: Partial<UserMessage> = {}): UserMessage {
  const payload = Uint8Array.of(number & 255)
  const named = { origin: id('a'), run: id('a'), number, hopsLeft: 5 } as const
  return { type: 'message', ...named, topic: 'deploy', payload, ...rest }
}

/** A rig with links 1, 2 and 3, of which nothing that was said before is looked at. */
function linked(): Rig {
  const rig = new Rig()
  for (const [at, letter] of ['a', 'b', 'c'].entries()) {
    rig.step({ type: 'linked', link: at + 1 })
    rig.hello(at + 1, id(letter))
  }
  rig.take('send')
  return rig
}

test('[M4] a message goes on to every neighbour but the one that it came from, and to each once', () => {
  const rig = linked()
  rig.hears(1, message(1))
  rig.hears(2, message(1, { hopsLeft: 3 }))
  const told = { from: id('a'), topic: 'deploy', payload: Uint8Array.of(1) }
  expect(rig.take('message')).toEqual([{ type: 'message', ...told }])
  const sent = rig.take('send')
  expect(sent.map(({ links }) => links)).toEqual([[2, 3]])
  expect(sent[0]?.frame).toEqual(encodeReplicaMessage(message(1, { hopsLeft: 4 })))
  expect(rig.gossip.messages.counts).toEqual({ sent: 0, received: 1, dropped: 0 })
})

test('[M4] an own message is told here too, and not again when it comes round', () => {
  const rig = linked()
  rig.step({ type: 'broadcast', topic: 'deploy', payload: Uint8Array.of(7) })
  expect(rig.take('message')).toHaveLength(1)
  const [own] = rig.messages(3)
  if (own?.type !== 'message') throw new Error('nothing was sent')
  expect(own).toMatchObject({ origin: id('5'), number: 1, hopsLeft: LIMITS.messageHopsMax - 1 })
  rig.hears(2, own)
  expect(rig.take('message')).toEqual([])
  expect(rig.gossip.messages.counts).toEqual({ sent: 1, received: 0, dropped: 0 })
})

test('[X3] a link whose queue is full is passed over, which is counted', () => {
  const rig = linked()
  rig.step({ type: 'blocked', link: 2 })
  rig.hears(1, message(1))
  expect(rig.take('send').map(({ links }) => links)).toEqual([[3]])
  expect(rig.gossip.messages.counts).toMatchObject({ received: 1, dropped: 1 })
})

test('[X3] a message that has gone over too many links goes no further', () => {
  const rig = linked()
  rig.hears(1, message(1, { hopsLeft: 0 }))
  expect(rig.take('message')).toHaveLength(1)
  expect(rig.take('send')).toEqual([])
  rig.hears(1, message(2, { hopsLeft: LIMITS.messageHopsMax + 1 }))
  expect(rig.closed()).toEqual([[1, 'too-large']])
})

test('[M4] of the last names none is told twice, whatever the order in which they come', () => {
  const rig = linked()
  const chance = new Chance(7)
  // The slow twin keeps a list of all that it ever told, and looks at its end.
  const told: number[] = []
  for (let step = 0; step < 6_000; step++) {
    const number = Math.floor(chance.next() * 2_000)
    const isNew = !told.slice(-GOSSIP_LIMITS.messagesSeenMax).includes(number)
    rig.hears(1 + (step % 3), message(number))
    expect(rig.take('message')).toHaveLength(isNew ? 1 : 0)
    if (isNew) told.push(number)
  }
  expect(told.length).toBeGreaterThan(2_000)
})
