/** The parts of a replica, for who brings a machine of his own: the simulator. */
export * from './assemble.ts'
export { AttachedSession } from './attached-session.ts'
export * from './ports/clock.ts'
export * from './ports/machine.ts'
