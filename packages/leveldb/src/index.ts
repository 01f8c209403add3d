/** @packageDocumentation The Store port on LevelDB, in the format of y-leveldb. */
export { openLeveldbStore } from './leveldb-store.ts'
