import type { Index } from '../ledger/node.ts'
import type { Token } from '../ledger/token.ts'
import { Line, type Saying } from './line.ts'

/** How one kind of summary is made, merged and written down. Its states are changed in place. */
export interface Sketch<State, Addition> {
  readonly code: string
  /** What two summaries must share to be merged. Every token bears it; others are not for us. */
  readonly parameters: readonly number[]
  empty(): State
  /** Returns whether anything changed. */
  apply(state: State, addition: Addition): boolean
  merge(state: State, other: State): void
  /** What a base holds of a state: all of it, or what there is room for. */
  fold(state: State): State
  /** The same bytes for the same state, and for no other. */
  encode(state: State): Uint8Array
  /** For bytes that no `encode` gave it throws, or gives `undefined` or some state. */
  decode(bytes: Uint8Array): State | undefined
  /** The addition that the fields of a token say; `undefined` where nobody could have meant it. */
  readAddition(fields: readonly unknown[]): Addition | undefined
}

/**
 * What the tokens at one place come to, for one sketch: a line for each copy of the document, and
 * all lines merged. The merged state is kept, and follows additions; a base that says no more than
 * what it folds leaves it as it is, and only what went, or came out of turn, has it made anew.
 */
export class Summary<State, Addition> {
  readonly #sketch: Sketch<State, Addition>
  readonly #sayings = new Map<Token, Saying<Addition>>()
  readonly #lines = new Map<number, Line<Addition>>()
  #merged: State | undefined
  #last: { readonly lineage: number; readonly state: State } | undefined

  constructor(sketch: Sketch<State, Addition>) {
    this.#sketch = sketch
  }

  /** Of all copies; to be read only. */
  get merged(): State {
    if (this.#merged === undefined) {
      this.#merged = this.#sketch.empty()
      for (const line of this.#lines.values()) this.#sketch.merge(this.#merged, this.#stateOf(line))
    }
    return this.#merged
  }

  /** Of one copy; to be read only. */
  of(lineage: number): State {
    if (this.#last?.lineage !== lineage) {
      this.#last = { lineage, state: this.#stateOf(this.#lines.get(lineage)) }
    }
    return this.#last.state
  }

  tokensOf(lineage: number): Token[] {
    return this.#lines.get(lineage)?.tokens ?? []
  }

  /** How many additions of a copy stand on their own. */
  unfolded(lineage: number): number {
    return this.#lines.get(lineage)?.additions().length ?? 0
  }

  /** Returns whether what is read may be another now. */
  add(token: Token): boolean {
    const saying = readSaying(this.#sketch, token)
    if (saying === undefined) return false
    const { lineage } = saying
    this.#sayings.set(token, saying)
    const line = this.#lines.get(lineage) ?? new Line()
    this.#lines.set(lineage, line)
    if (saying.type === 'base') return this.#addBase(saying, line)
    const news = line.add(saying)
    if (news === 'addition') return this.#follow(lineage, saying.addition)
    return this.#forgetIf(news === 'other')
  }

  /** Returns whether what is read may be another now. */
  remove(token: Token): boolean {
    const saying = this.#sayings.get(token)
    const line = this.#lines.get(saying?.lineage ?? -1)
    this.#sayings.delete(token)
    if (saying === undefined || line === undefined) return false
    const counted = line.remove(saying)
    if (line.isEmpty) this.#lines.delete(saying.lineage)
    return this.#forgetIf(counted)
  }

  #follow(lineage: number, addition: Addition): boolean {
    if (this.#last?.lineage === lineage) this.#sketch.apply(this.#last.state, addition)
    return this.#merged === undefined || this.#sketch.apply(this.#merged, addition)
  }

  /** A base mostly says what its line came to before. Where no state is kept, that does not matter. */
  #addBase(base: Saying<Addition>, line: Line<Addition>): boolean {
    if (this.#merged === undefined) return this.#forgetIf(line.add(base) === 'other')
    const before = this.#sketch.encode(this.#stateOf(line))
    if (line.add(base) === 'nothing') return false
    return this.#forgetIf(!isEqual(before, this.#sketch.encode(this.#stateOf(line))))
  }

  #stateOf(line: Line<Addition> | undefined): State {
    const base = line?.base
    const state = (base && this.#sketch.decode(base)) ?? this.#sketch.empty()
    for (const addition of line?.additions() ?? []) this.#sketch.apply(state, addition)
    return state
  }

  #forgetIf(isOther: boolean): boolean {
    if (isOther) {
      this.#merged = undefined
      this.#last = undefined
    }
    return isOther
  }
}

/**
 * The tokens at one place, for as many sketches as bindings read them by: a document can be bound
 * by two schemas that differ in a parameter.
 */
export class Summaries implements Index {
  readonly #tokens = new Set<Token>()
  readonly #bySketch = new Map<string, Summary<unknown, unknown>>()

  by<State, Addition>(sketch: Sketch<State, Addition>): Summary<State, Addition> {
    const key = sketch.parameters.join()
    const known = this.#bySketch.get(key)
    if (known !== undefined) return known as Summary<State, Addition>
    const summary = new Summary(sketch)
    for (const token of this.#tokens) summary.add(token)
    this.#bySketch.set(key, summary)
    return summary
  }

  add(token: Token): boolean {
    this.#tokens.add(token)
    return this.#any((summary) => summary.add(token))
  }

  remove(token: Token): boolean {
    this.#tokens.delete(token)
    return this.#any((summary) => summary.remove(token))
  }

  #any(act: (summary: Summary<unknown, unknown>) => boolean): boolean {
    return Array.from(this.#bySketch.values(), act).includes(true)
  }
}

/** A token's payload is `[lineage, at, …parameters, bytes]` or `[lineage, at, …parameters, …fields]`. */
function readSaying<State, Addition>(
  sketch: Sketch<State, Addition>,
  token: Token,
): Saying<Addition> | undefined {
  const [lineage, at, ...rest] = token.payload
  if (!isNatural(lineage) || !isNatural(at)) return undefined
  const { parameters } = sketch
  if (!parameters.every((parameter, index) => rest[index] === parameter)) return undefined
  const fields = rest.slice(parameters.length)
  const [bytes] = fields
  if (bytes instanceof Uint8Array) {
    return isState(sketch, bytes) ? { type: 'base', token, lineage, at, bytes } : undefined
  }
  const addition = sketch.readAddition(fields)
  return addition === undefined ? undefined : { type: 'addition', token, lineage, at, addition }
}

/** Bytes of others may be anything, and what reads them may then throw anything. */
function isState(sketch: Pick<Sketch<unknown, unknown>, 'decode'>, bytes: Uint8Array): boolean {
  try {
    return sketch.decode(bytes) !== undefined
  } catch {
    return false
  }
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
