import type { Figure } from '../figure.ts'
import { settle, worldOf, type Setting } from '../settled.ts'

/** What a replica takes in memory, with what it has on its way and due; the empty world does not count. */
export function memory(setting: Setting): Figure[] {
  const world = worldOf(setting)
  const before = usedBytes()
  settle(world)
  const bytes = usedBytes() - before
  return [
    { what: 'a replica', value: bytes / setting.replicas / 1_024, unit: 'KiB' },
    {
      what: 'events until the overlay had settled',
      value: world.events / setting.replicas,
      unit: 'a replica',
    },
  ]
}

function usedBytes(): number {
  if (globalThis.gc === undefined) throw new Error('Run node with --expose-gc to measure memory.')
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
