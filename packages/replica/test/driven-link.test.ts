import { expect, test } from 'vitest'

import { DrivenLink } from '../src/driven-link.ts'
import { REPLICA_LIMITS } from '../src/limits.ts'
import type { Link } from '../src/ports/transport.ts'

/** A link whose queue a test empties. */
function slowLink(): { link: Link; sent: number[]; queuedBytes: number } {
  const slow = {
    sent: [] as number[],
    queuedBytes: 0,
    link: {
      attach: () => {},
      close: () => {},
      send: (frame: Uint8Array) => {
        slow.sent.push(frame.length)
        slow.queuedBytes += frame.length
      },
      get queuedBytes() {
        return slow.queuedBytes
      },
    },
  }
  return slow
}

test('[X3] a chunk for who catches up waits until little is queued, and what is urgent goes ahead of it', () => {
  const slow = slowLink()
  const driven = new DrivenLink(slow.link)
  driven.serve(new Uint8Array(300_000))
  const first = driven.takeServed()
  expect(first).toHaveLength(300_000)
  driven.send(first as Uint8Array)
  driven.serve(new Uint8Array(300_001))
  expect(driven.takeServed()).toBeUndefined()
  driven.send(new Uint8Array(20))
  slow.queuedBytes = REPLICA_LIMITS.servingQueueBytesMax + 1
  expect(driven.takeServed()).toBeUndefined()
  slow.queuedBytes = REPLICA_LIMITS.servingQueueBytesMax
  expect(driven.takeServed()).toHaveLength(300_001)
  expect(driven.takeServed()).toBeUndefined()
  expect(slow.sent).toEqual([300_000, 20])
})
