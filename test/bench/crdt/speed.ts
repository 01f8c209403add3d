import { expect } from 'vitest'
import * as Y from 'yjs'

import type { Case, Open } from './cases/case.ts'
import { Random } from './random.ts'
import { rate } from './rate.ts'

const CHANGES = 1_000
const BATCHES = 3
const BATCH = 1_000

/** A value in place of the one before, of a token's size: what most of our changes come down to. */
export const pushAndDelete: Open = (doc) => {
  const array = doc.getArray('it')
  return {
    act: (at) => {
      doc.transact(() => {
        array.push([['rit', 1_700_000_000_000_000 + at, 'w0', at]])
        if (array.length > 1) array.delete(0)
      })
    },
    read: () => array.toJSON(),
  }
}

export interface Speed {
  /** Changes a second, each in a transaction of its own that somebody listens to. */
  readonly alone: number
  /** The same with 1,000 in a transaction. */
  readonly batched: number
  /** Of what is sent for a change. */
  readonly bytes: number
}

export function speedOf(open: Open): Speed {
  let bytes = 0
  const prepare = (): { doc: Y.Doc; act: (at: number) => void } => {
    const doc = new Y.Doc()
    bytes = 0
    doc.on('update', (update: Uint8Array) => (bytes += update.length))
    const subject = open(doc, 'w0')
    const random = new Random(1)
    return { doc, act: (at) => subject.act(at, random) }
  }
  const batched = rate(() => {
    const { doc, act } = prepare()
    return () => {
      for (let batch = 0; batch < BATCHES; batch++) {
        doc.transact(() => {
          for (let at = 0; at < BATCH; at++) act(batch * BATCH + at)
        })
      }
      return BATCHES * BATCH
    }
  })
  const alone = rate(() => {
    const { act } = prepare()
    return () => {
      for (let at = 0; at < CHANGES; at++) act(at)
      return CHANGES
    }
  })
  return { alone, batched, bytes: bytes / CHANGES }
}

/** Changes a second after each of which the whole value is read. */
export function readingRate(open: Open): number {
  return rate(() => {
    const subject = open(new Y.Doc(), 'w0')
    const random = new Random(1)
    return () => {
      for (let at = 0; at < CHANGES; at++) {
        subject.act(at, random)
        subject.read()
      }
      return CHANGES
    }
  })
}

/** Updates of another copy a second, each applied on its own: to a plain document, and to a bound one. */
export function receivingRates({ ours, name }: Case): { plain: number; bound: number } {
  const sender = new Y.Doc()
  const updates: Uint8Array[] = []
  sender.on('update', (update: Uint8Array) => updates.push(update))
  const sent = ours(sender, 'w1')
  const random = new Random(1)
  for (let at = 0; at < CHANGES; at++) sent.act(at, random)
  const receive = (doc: Y.Doc): number => {
    for (const update of updates) Y.applyUpdate(doc, update, 'peer')
    return updates.length
  }
  const plain = rate(() => {
    const doc = new Y.Doc()
    return () => receive(doc)
  })
  const bound = rate(() => {
    const doc = new Y.Doc()
    const subject = ours(doc, 'w0')
    subject.read()
    return () => {
      const done = receive(doc)
      expect(subject.read(), name).toEqual(sent.read())
      return done
    }
  })
  return { plain, bound }
}
