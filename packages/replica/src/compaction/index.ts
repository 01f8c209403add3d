export { compact, objectionTo, type CompactionOptions, type CompactionResult } from './compact.ts'
export { Compactor, type CompactorOptions } from './compactor.ts'
export {
  StoreCompaction,
  type Quarantined,
  type StoreCompactionOptions,
} from './store-compaction.ts'
