/** @packageDocumentation The data types: typed views over a Y.Doc, each with its law. */
export { bind, undoScope, type BindOptions } from './bind.ts'
export { CrdtError, NotEnoughRightsError, type CrdtErrorCode } from './error.ts'
export type { Exact } from './exact.ts'
export type { Json } from './json.ts'
export type { Change, Listener } from './ledger/node.ts'
export { CRDT_LIMITS } from './limits.ts'
export {
  countMinSketch,
  type CountMinSketch,
  type CountMinSketchOptions,
} from './summaries/count-min-sketch.ts'
export {
  hyperLogLog,
  type HyperLogLog,
  type HyperLogLogOptions,
} from './summaries/hyper-log-log.ts'
export {
  quantiles,
  type Distribution,
  type Quantiles,
  type QuantilesOptions,
} from './summaries/quantiles.ts'
export { topK, type TopItem, type TopK, type TopKOptions } from './summaries/top-k.ts'
export type { Type, ValueOf, ViewOf } from './type.ts'
export { boundedCounter, type Bound, type BoundedCounter } from './types/bounded-counter.ts'
export { counter, type Counter } from './types/counter.ts'
export type { ElementId } from './types/element.ts'
export { flag, type Flag, type FlagWinner } from './types/flag.ts'
export { list, type List } from './types/list.ts'
export { map, type ReplicatedMap } from './types/map.ts'
export { multiValueRegister, type MultiValueRegister } from './types/multi-value-register.ts'
export { register, type Register } from './types/register.ts'
export { schema, type Fields, type FieldValues, type FieldViews } from './types/schema.ts'
export { set, type ReplicatedSet, type SetOptions, type SetWinner } from './types/set.ts'
export { richText, text } from './types/text.ts'
export { tree, type Tree, type TreeNode } from './types/tree.ts'
export type { Readable } from './view.ts'
