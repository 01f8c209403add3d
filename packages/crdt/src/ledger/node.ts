import type { Path } from './path.ts'
import type { Token } from './token.ts'

/** What a type keeps of its tokens at one place, so that reading does not go through all of them. */
export interface Index {
  /** Both say whether what is read may be another now. */
  add(token: Token): boolean
  remove(token: Token): boolean
}

/** The tokens of one type at one place. */
export interface Slot {
  readonly tokens: Set<Token>
  /** Built when first read; dropped with the last token, which is all that it is made of. */
  index: Index | undefined
}

/** What changed in one transaction, as seen from the value that was subscribed to. */
export interface Change {
  /** Whether it was made on this copy. */
  readonly local: boolean
  /** Yjs's origin of the transaction. */
  readonly origin: unknown
  /** The keys that lead from the value to each place that changed; `[]` is the value itself. */
  readonly paths: readonly (readonly string[])[]
}

export type Listener = (change: Change) => void

/** One place in the schema, while there is a token, a child, a text or a listener there. */
export class Node {
  readonly path: Path
  readonly key: string
  readonly parent: Node | undefined
  readonly children: Map<string, Node> = new Map()
  readonly slots: Map<string, Slot> = new Map()
  readonly listeners: Set<Listener> = new Set()
  /** Tokens and texts here and below that show that the keys they lie under are there. */
  present = 0
  /** Whether a text lies here, outside the ledger, that is not empty. */
  hasText = false
  /** Another number whenever what is read here may be another. */
  version: number
  /** Another number whenever other keys are there. */
  keysVersion = 0

  constructor(path: Path, key: string, parent: Node | undefined, version: number) {
    this.path = path
    this.key = key
    this.parent = parent
    this.version = version
  }

  get isIdle(): boolean {
    const { slots, children, listeners, hasText } = this
    return slots.size === 0 && children.size === 0 && listeners.size === 0 && !hasText
  }

  /** Where there are texts, here and below. */
  *texts(): Generator<Path> {
    if (this.hasText) yield this.path
    for (const child of this.children.values()) yield* child.texts()
  }

  /** Every token here and below. */
  *tokens(): Generator<Token> {
    for (const { tokens } of this.slots.values()) yield* tokens
    for (const child of this.children.values()) yield* child.tokens()
  }
}
