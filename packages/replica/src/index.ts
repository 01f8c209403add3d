export * from './ports/store.ts'
export * from './ports/transport.ts'
export * from './session.ts'
export * from './status.ts'
