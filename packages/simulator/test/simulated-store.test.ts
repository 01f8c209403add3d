import { RejoinError, type ReplicaId } from '@rejoin/protocol'
import type { Store } from '@rejoin/replica'
import { storeConformance } from '@rejoin/replica/conformance'
import { FAULTS, mixOf, type Fault } from '@rejoin/simulator'
import { describe, it } from 'vitest'

import { SimulatedStore } from '../src/simulated-store.ts'
import { World } from '../src/world.ts'

/** A world in which nothing goes wrong, and whose time passes as fast as it can until `end`. */
function peaceful(): { world: World; end: () => void } {
  const likely = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>
  const world = new World(mixOf(1, { profile: 'identity', replicas: 1, likely }))
  const time = { isOver: false }
  const pass = async (): Promise<void> => {
    while (!time.isOver) await world.agenda.run(10)
  }
  void pass()
  return { world, end: () => void (time.isOver = true) }
}

const EVERYTHING = { bytes: Number.MAX_SAFE_INTEGER, names: Number.MAX_SAFE_INTEGER }

// What replicas in the simulator are written on is no other store than they are promised.
storeConformance({ describe, it }, 'the simulated store', async () => {
  const { world, end } = peaceful()
  const process = world.replicas[0]?.process
  if (process === undefined) throw new Error('the world has no replica')
  const disk = world.newDisk('00000000000000ff' as ReplicaId)
  let isOpen = false
  return {
    async open(): Promise<Store> {
      if (isOpen) throw new RejoinError('store-locked', 'One process runs on a disk at a time.')
      isOpen = true
      const store = new SimulatedStore(process, disk, EVERYTHING)
      const close = store.close.bind(store)
      store.close = async () => {
        await close()
        isOpen = false
      }
      return store
    },
    remove: async () => end(),
  }
})
