import type { Figure } from './figure.ts'
import { broadcast } from './measures/broadcast.ts'
import { catchUp } from './measures/catch-up.ts'
import { failureDetection } from './measures/failure-detection.ts'
import { glomers } from './measures/glomers.ts'
import { memory } from './measures/memory.ts'
import { overlay } from './measures/overlay.ts'
import { resilience } from './measures/resilience.ts'
import { rest } from './measures/rest.ts'
import { split } from './measures/split.ts'
import type { Setting } from './settled.ts'

export interface Measure {
  readonly name: string
  readonly about: string
  readonly take: (setting: Setting) => Figure[]
}

/** All that is measured, in the order in which it is. */
export const MEASURES: readonly Measure[] = [
  { name: 'memory', about: 'what a replica takes in memory', take: memory },
  { name: 'overlay', about: 'who is linked to whom after everybody has started', take: overlay },
  { name: 'rest', about: 'what is sent while nothing happens', take: rest },
  { name: 'broadcast', about: 'how entries reach everybody', take: broadcast },
  { name: 'resilience', about: 'many die at once', take: resilience },
  {
    name: 'failure-detection',
    about: 'who is held for failed, of those who are up and of those who are down',
    take: failureDetection,
  },
  { name: 'split', about: 'two halves are cut from each other, and meet again', take: split },
  { name: 'glomers', about: '25 replicas, 100 ms, 100 operations a second', take: glomers },
  { name: 'catch-up', about: 'two replicas, one of which lacks entries', take: catchUp },
]
