/** @packageDocumentation The Store port on LevelDB, in the format of y-leveldb. */
export { openLeveldbStore, LeveldbStore, type LeveldbOptions } from './leveldb-store.ts'
