import { memoryNetwork, MemoryDisk, memoryStore, openReplica, type Replica } from '@rejoin/replica'
import { onTestFinished, describe, expect, it, vi } from 'vitest'
import * as Y from 'yjs'

/** Replicas whose disks are restored, copied, or removed: what becomes of their ids and of their edits. */
async function open(
  network: ReturnType<typeof memoryNetwork>,
  name: string,
  options: { disk: MemoryDisk; peers?: string[]; keepBytes?: number },
): Promise<Replica> {
  const { disk, peers = [], keepBytes = 1e9 } = options
  const replica = await openReplica({
    store: disk.open(),
    transport: network.transport(name),
    peers: peers.map((peer) => `memory:${peer}`),
    retention: { keepBytes, maxBytes: keepBytes },
  })
  onTestFinished(() => replica.close())
  return replica
}

async function type(replica: Replica, text: string): Promise<void> {
  const document = await replica.open('notes')
  document.doc.getText().insert(0, text)
  await document.settled('durable')
  document.leave()
}

async function textAt(replica: Replica): Promise<string> {
  const update = await replica.encode('notes')
  const doc = new Y.Doc()
  if (update !== undefined) Y.applyUpdate(doc, update)
  return doc.getText().toJSON()
}

async function untilEqual(...replicas: Replica[]): Promise<void> {
  await vi.waitFor(
    async () => {
      const versions = new Set(replicas.map((replica) => JSON.stringify(replica.status().version)))
      const texts = new Set(await Promise.all(replicas.map(textAt)))
      expect([versions.size, texts.size]).toEqual([1, 1])
      for (const replica of replicas) expect(replica.status().divergence).toBe(0)
    },
    { timeout: 20_000 },
  )
}

describe('[L8] an id that is used twice is given up', () => {
  it('a replica that is closed while it takes a new id is closed with that', async () => {
    const network = memoryNetwork()
    const first = await open(network, 'a', { disk: new MemoryDisk() })
    const store = memoryStore()
    const transport = network.transport('b')
    const second = await openReplica({ store, transport, peers: ['memory:a'] })
    await type(second, 'text')
    await vi.waitFor(() => expect(first.status().members).toHaveLength(1))
    await untilEqual(first, second)
    const { id } = second
    const commit = store.commit.bind(store)
    // What the old engine has under way it never hears of.
    let isUnderWay = false
    store.commit = async () => {
      isUnderWay = true
      store.commit = commit
      await new Promise(() => {})
    }
    const renew = store.renew.bind(store)
    const closed = new Promise<void>((resolve, reject) => {
      store.renew = async (keep) => {
        second.close().then(resolve, reject)
        return await renew(keep)
      }
    })
    const notes = await second.open('notes')
    notes.doc.getText().insert(0, 'more ')
    await vi.waitFor(() => expect(isUnderWay).toBe(true))
    first.remove(id)
    await closed
    expect(store.recovered.replica).not.toBe(id)
  })

  it('a disk that was put back to an earlier state publishes what its peers lack', async () => {
    const network = memoryNetwork()
    const disk = new MemoryDisk()
    const other = await open(network, 'b', { disk: new MemoryDisk() })
    let one = await open(network, 'a', { disk, peers: ['b'] })
    await type(one, 'first ')
    await untilEqual(one, other)
    await one.close()
    const backup = disk.copy()
    one = await open(network, 'a2', { disk, peers: ['b'] })
    await type(one, 'second ')
    await untilEqual(one, other)
    await one.close()

    const restored = await open(network, 'a3', { disk: backup })
    const { id } = restored
    await type(restored, 'from the backup ')
    const link = await open(network, 'c', { disk: new MemoryDisk(), peers: ['a3', 'b'] })
    await untilEqual(restored, other, link)
    expect(restored.id).not.toBe(id)
    for (const text of ['first', 'second', 'from the backup']) {
      expect(await textAt(other)).toContain(text)
    }
    for (const replica of [restored, other, link]) {
      const members = replica.status().members.map((member) => member.replica)
      expect(members).not.toContain(id)
    }
  })

  it('two that run on copies of one disk both take another id', async () => {
    const network = memoryNetwork()
    const disk = new MemoryDisk()
    const [one, two] = [
      await open(network, 'a', { disk, peers: ['b'] }),
      await open(network, 'b', { disk: disk.copy(), peers: ['a'] }),
    ]
    const { id } = one
    await Promise.all([type(one, 'here '), type(two, 'there ')])
    await untilEqual(one, two)
    expect(new Set([one.id, two.id, id]).size).toBe(3)
    expect(await textAt(one)).toContain('here')
    expect(await textAt(one)).toContain('there')
  })

  it('documents that are open meanwhile stay open, and lose nothing', async () => {
    const network = memoryNetwork()
    const disk = new MemoryDisk()
    const one = await open(network, 'a', { disk })
    const document = await one.open('notes')
    document.doc.getText().insert(0, 'before ')
    await document.settled('durable')
    const { id } = one
    await open(network, 'b', { disk: disk.copy(), peers: ['a'] })
    await vi.waitFor(() => expect(one.id).not.toBe(id), { timeout: 10_000 })
    document.doc.getText().insert(0, 'after ')
    await document.settled('durable')
    expect(await textAt(one)).toBe('after before ')
  })
})

describe('[L9] a replica that was removed', () => {
  it('comes back with another id, and does not bring back what was deleted', async () => {
    const network = memoryNetwork()
    const [stays, goes] = [new MemoryDisk(), new MemoryDisk()]
    const one = await open(network, 'a', { disk: stays, keepBytes: 0 })
    let two = await open(network, 'b', { disk: goes, peers: ['a'] })
    await type(one, 'to be deleted ')
    await type(two, 'stays ')
    await untilEqual(one, two)
    const { id } = two
    await two.close()
    one.remove(id)
    const document = await one.open('notes')
    const text = document.doc.getText()
    text.delete(text.toJSON().indexOf('to be'), 'to be deleted '.length)
    await document.settled('everywhere')
    document.leave()
    // Alone, it forgets its log and compacts what was deleted away.
    await vi.waitFor(() => expect(Object.keys(one.status().floors)).not.toEqual([]), {
      timeout: 20_000,
    })

    two = await open(network, 'b2', { disk: goes })
    await type(two, 'offline ')
    const link = await open(network, 'c', { disk: new MemoryDisk(), peers: ['a', 'b2'] })
    await untilEqual(one, two, link)
    expect(two.id).not.toBe(id)
    expect(await textAt(one)).toBe('offline stays ')
  }, 60_000)
})

describe('[L7] a replica that is new, where the log has forgotten', () => {
  it('gets every document whole, large ones in parts', async () => {
    const network = memoryNetwork()
    const one = await open(network, 'a', { disk: new MemoryDisk(), keepBytes: 0 })
    for (let number = 0; number < 30; number++) {
      const document = await one.open(`document ${number}`)
      document.doc.getText().insert(0, `${number} `.repeat(number === 7 ? 1_000_000 : 10))
      await document.settled('durable')
      document.leave()
    }
    await vi.waitFor(() => expect(Object.values(one.status().floors)[0]).toBeGreaterThan(20), {
      timeout: 20_000,
    })
    const two = await open(network, 'b', { disk: new MemoryDisk(), peers: ['a'] })
    await vi.waitFor(
      () => {
        expect(two.status().version).toEqual(one.status().version)
        expect(two.status().documents).toBe(30)
      },
      { timeout: 20_000 },
    )
    for (const name of ['document 7', 'document 29']) {
      expect(await two.encode(name)).toEqual(await one.encode(name))
    }
    expect(two.status().floors).toEqual(two.status().version)
  }, 60_000)
})
