import { Compactor } from './compaction/compactor.ts'
import type { Machine } from './ports/machine.ts'
import { systemClock } from './system-clock.ts'

/** The machine as it is: its time, its randomness, and a thread to compact in. */
export function thisMachine(): Machine {
  return {
    clock: systemClock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    compactor: new Compactor(),
  }
}
