import type { Compactor } from '../compaction/compactor.ts'
import type { Clock } from './clock.ts'

/** What a replica takes from the machine that it runs on, besides a disk and a network. */
export interface Machine {
  readonly clock: Clock
  /** Nobody can guess them, and no two replicas draw the same. */
  readonly randomBytes: (count: number) => Uint8Array
  /** Of this replica alone; it is closed with it. */
  readonly compactor: Pick<Compactor, 'compact' | 'close'>
}
