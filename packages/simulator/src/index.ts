export { NOTHING_HAPPENED, type Happened } from './happened.ts'
export { live, type Outcome } from './history.ts'
export { liveThrough } from './live-through.ts'
export { FAULTS, mixOf, type Fault, type Mix, type Profile } from './mix.ts'
export { replayCommand } from './replay.ts'
export { shrink } from './shrink.ts'
export {
  addSwept,
  nothingSwept,
  sweep,
  type Broken,
  type Swept,
  type SweepOptions,
} from './sweep.ts'
export { Violation } from './violation.ts'
