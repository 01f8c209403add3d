/** @packageDocumentation One replica as a pure state machine. */
export { Engine, type EngineOptions } from './engine.ts'
export type * from './events.ts'
export { Extent } from './extent.ts'
export { decodeUpdate, type DecodedUpdate } from './gate.ts'
export { ENGINE_LIMITS } from './limits.ts'
export type { Stability } from './stability.ts'
