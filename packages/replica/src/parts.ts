/** The parts of a replica, for who brings a machine of his own: the simulator. */
export { assemble, type Parts } from './assemble.ts'
export { OpenReplica } from './open-replica.ts'
export type { Clock } from './ports/clock.ts'
export type { Machine } from './ports/machine.ts'
