/** @packageDocumentation The Store port on LevelDB, in the format of y-leveldb. */
export { checkDirectory, type CheckOptions, type CheckReport, type Progress } from './check.ts'
export { openLeveldbStore, LeveldbStore, type LeveldbOptions } from './leveldb-store.ts'
export { readDirectory, type DirectoryDocument } from './reading.ts'
export { checkBackup, restoreBackup, type RestoreOptions } from './restore.ts'
