import { describe, expect, it } from 'vitest'

import { transportConformance } from '../src/conformance/transport.ts'
import { memoryNetwork, type MemoryNetwork } from '../src/memory-network.ts'
import type { Link } from '../src/ports/transport.ts'

transportConformance({ describe, it }, 'the memory network', async () => {
  const network = memoryNetwork()
  network.silence('silent')
  const here = network.transport('here')
  const there = network.transport('there')
  return {
    here,
    there,
    nowhere: 'memory:nowhere',
    silent: 'memory:silent',
    async close() {
      await Promise.all([here.close(), there.close()])
    },
  }
})

describe('the memory network', () => {
  it('breaks the links between two names at both ends, loses what was under way, and no other', async () => {
    const network = memoryNetwork()
    const [a, b, c] = ['a', 'b', 'c'].map((name) => listening(network, name))
    if (a === undefined || b === undefined || c === undefined) throw new Error('three were asked')
    const ab = await a.dial('b')
    const ba = await b.dial('a')
    const ac = await a.dial('c')
    ab.send(Uint8Array.of(1))
    ba.send(Uint8Array.of(2))
    ac.send(Uint8Array.of(3))
    network.break('a', 'b')
    await c.heard('frame 3')
    await turns(3)
    expect(a.log).toEqual(['closed 1006', 'closed 1006'])
    expect(b.log).toEqual(['closed 1006', 'closed 1006'])
    expect(c.log).toEqual(['frame 3'])
  })

  it('lets a broken pair dial again', async () => {
    const network = memoryNetwork()
    const a = listening(network, 'a')
    const b = listening(network, 'b')
    await a.dial('b')
    network.break('b', 'a')
    const link = await a.dial('b')
    link.send(Uint8Array.of(7))
    await b.heard('frame 7')
    expect(b.log).toEqual(['closed 1006', 'frame 7'])
  })

  it('copies frames, so that a sender may reuse its buffer', async () => {
    const network = memoryNetwork()
    const a = listening(network, 'a')
    const b = listening(network, 'b')
    const link = await a.dial('b')
    const frame = Uint8Array.of(5)
    link.send(frame)
    frame[0] = 6
    await b.heard('frame 5')
    expect(b.log).toEqual(['frame 5'])
  })

  it('keeps a name to one transport until that one closes', async () => {
    const network = memoryNetwork()
    const first = network.transport('a')
    expect(() => network.transport('a')).toThrow(/taken/)
    await first.close()
    const second = network.transport('a')
    await first.close()
    expect(() => network.transport('a')).toThrow(/taken/)
    expect(second.address).toBe('memory:a')
  })

  it('does not link to a transport that does not listen', async () => {
    const network = memoryNetwork()
    network.transport('b')
    await expect(network.transport('a').dial('memory:b', 1_000)).rejects.toThrow(/memory:b/)
  })
})

interface Listening {
  readonly log: string[]
  dial(name: string): Promise<Link>
  heard(line: string): Promise<void>
}

/** A transport that logs what comes on all of its links. */
function listening(network: MemoryNetwork, name: string): Listening {
  const transport = network.transport(name)
  const log: string[] = []
  const attach = (link: Link): Link => {
    link.attach({
      frame: (frame) => log.push(`frame ${frame.join(' ')}`),
      drained: () => {},
      closed: (closeCode) => log.push(`closed ${closeCode}`),
    })
    return link
  }
  transport.listen(attach)
  return {
    log,
    dial: async (to) => attach(await transport.dial(`memory:${to}`, 1_000)),
    heard: async (line) => {
      await expect.poll(() => log).toContain(line)
    },
  }
}

async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}
