import { mixOf, type Fault, type Mix } from './mix.ts'
import { without } from './replay.ts'

/** What somebody wants otherwise than the seed draws it, of one history or of many. */
export interface Wish {
  readonly fixed: Partial<Mix>
  /** Kinds of fault to leave out. */
  readonly left: readonly Fault[]
}

export const NO_WISH: Wish = { fixed: {}, left: [] }

/** The world that a seed stands for, as it is wanted. */
export function wished(seed: number, { fixed, left }: Wish): Mix {
  return without(mixOf(seed, fixed), left)
}
