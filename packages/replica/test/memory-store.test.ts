import { describe, expect, it } from 'vitest'

import { parseReplicaId } from '@rejoin/protocol'
import { MemoryDisk, memoryStore } from '@rejoin/replica'
import { storeConformance } from '@rejoin/replica/conformance'

storeConformance({ describe, it }, 'memoryStore', async () => {
  const disk = new MemoryDisk()
  return {
    open: async () => disk.open(),
    remove: async () => {},
  }
})

describe('memoryStore', () => {
  it('has the replica id that it is given, and else one of its own', () => {
    const replica = parseReplicaId('00000000000000ff')
    if (replica === undefined) throw new Error('the test spells a replica id wrongly')
    expect(memoryStore({ replica }).recovered.replica).toBe(replica)
    expect(memoryStore().recovered.replica).not.toBe(memoryStore().recovered.replica)
  })

  it('keeps bytes of its own, whatever becomes of those it was given', async () => {
    const store = memoryStore()
    const update = Uint8Array.of(0, 0)
    const { replica } = store.recovered
    const bytes = Uint8Array.of(1, 2, 3)
    const dot = { replica, seq: 1 }
    const changes = [{ document: 'a', update }]
    const entry = { dot, deps: new Map(), changes, bytes, hash: '00000000000000aa' }
    await store.commit({ entries: [entry], members: [] })
    update.fill(9)
    bytes.fill(9)
    expect((await store.readDocument('a')).updates).toEqual([Uint8Array.of(0, 0)])
    const { entries } = await store.readEntries(replica, { from: 1, to: 1, bytesMax: 10 })
    expect(entries).toEqual([Uint8Array.of(1, 2, 3)])
  })
})
