/** @packageDocumentation The suites that an adapter of a port must pass. */
export * from './store.ts'
export * from './transport.ts'
