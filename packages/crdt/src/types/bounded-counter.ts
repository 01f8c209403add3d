import { CrdtError, NotEnoughRightsError } from '../error.ts'
import { checkAmount, negated, plus, toSafe, type Exact } from '../exact.ts'
import { frozenMap } from '../frozen.ts'
import { BOUNDED_COUNTER as CODE } from '../ledger/codes.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Index } from '../ledger/node.ts'
import { checkWriter, isWriter } from '../ledger/writer.ts'
import type { Place } from '../ledger/place.ts'
import type { Path } from '../ledger/path.ts'
import { compareTokens, type Token } from '../ledger/token.ts'
import type { Type } from '../type.ts'
import { View } from '../view.ts'

/** What one copy of the document did in a writer's name, all in all; every number only grows. */
interface Row {
  readonly writer: string
  readonly lineage: number
  readonly at: number
  readonly created: number
  readonly spent: number
  readonly transferred: ReadonlyMap<string, number>
}

/** What this copy last wrote in a writer's name. */
interface Written {
  readonly row: Row
  /** How far other copies, which must have ended, had written in that name when this one began to. */
  readonly before: ReadonlyMap<number, number>
}

/**
 * It stands, whatever is done to the token: what was spent is spent, though the whole document be
 * undone, or the token be deleted or forged.
 */
const written = new WeakMap<Ledger, Map<Path, Map<string, Written>>>()

function writtenAt({ ledger, path }: Place): Map<string, Written> {
  const places = written.get(ledger) ?? new Map<Path, Map<string, Written>>()
  written.set(ledger, places)
  const byWriter = places.get(path) ?? new Map<string, Written>()
  places.set(path, byWriter)
  return byWriter
}

/** Of each copy and writer the furthest row, and what follows from them. */
class Rows implements Index {
  readonly #rows = new Map<Token, Row>()

  add(token: Token): boolean {
    const row = readRow(token.payload)
    if (row !== undefined) this.#rows.set(token, row)
    return row !== undefined
  }

  remove(token: Token): boolean {
    return this.#rows.delete(token)
  }

  tokensOf(writer: string, lineage: number): Token[] {
    const own = Array.from(this.#rows).filter(
      ([, row]) => row.writer === writer && row.lineage === lineage,
    )
    return own.map(([token]) => token)
  }

  furthest(): Row[] {
    const furthest = new Map<string, [Token, Row]>()
    for (const [token, row] of this.#rows) {
      const other = furthest.get(lineOf(row))
      if (other === undefined || isFurther([token, row], other)) {
        furthest.set(lineOf(row), [token, row])
      }
    }
    return Array.from(furthest.values(), ([, row]) => row)
  }
}

/** What each writer holds: created, minus spent, minus given away, plus got. */
function heldBy(rows: readonly Row[]): Map<string, Exact> {
  const held = new Map<string, Exact>()
  const give = (writer: string, rights: Exact): void => {
    held.set(writer, plus(held.get(writer) ?? 0, rights))
  }
  for (const { writer, created, spent, transferred } of rows) {
    give(writer, created - spent)
    for (const [to, amount] of transferred) {
      give(writer, -amount)
      give(to, amount)
    }
  }
  return held
}

/** A counter that keeps to its bound in any partition: see `boundedCounter`. */
export class BoundedCounter extends View<number> {
  readonly #bound: number
  readonly #direction: 1 | -1

  constructor(place: Place, bound: number, direction: 1 | -1) {
    super(place)
    this.#bound = bound
    this.#direction = direction
  }

  /** What this writer can spend or transfer now, whatever happens elsewhere. */
  get rights(): number {
    return this.#held().get(this.place.author.writer) ?? 0
  }

  /** What a writer holds, as far as this copy knows. */
  rightsOf(writer: string): number {
    return this.holders().get(writer) ?? 0
  }

  /** All who hold rights, as far as this copy knows. */
  holders(): ReadonlyMap<string, number> {
    return positive(heldBy(this.#rows().furthest()))
  }

  /**
   * Makes rights, and moves the value away from its bound by as many: stock that comes in, seats
   * that are given back. Throws `CrdtError('not-an-integer')`, and `'too-large'` beyond 2^53.
   */
  create(amount: number): void {
    checkAmount(amount)
    this.#write(({ created, ...row }) => ({ ...row, created: checkTotal(created + amount) }))
  }

  /**
   * Uses up rights that this writer holds, and moves the value towards its bound by as many. Throws
   * `NotEnoughRightsError`, `CrdtError('not-an-integer')` and `CrdtError('writer-in-use')`.
   */
  spend(amount: number): void {
    this.#checkHeld(amount)
    this.#write(({ spent, ...row }) => ({ ...row, spent: checkTotal(spent + amount) }))
  }

  /** Hands rights to another writer, who can spend them once it has heard of it. Throws as `spend`. */
  transfer(amount: number, to: string): void {
    const receiver = checkWriter(to)
    this.#checkHeld(amount)
    if (receiver === this.place.author.writer) return
    this.#write(({ transferred, ...row }) => {
      const sum = checkTotal((transferred.get(receiver) ?? 0) + amount)
      return { ...row, transferred: new Map(transferred).set(receiver, sum) }
    })
  }

  protected snapshot(): number {
    const unspent = this.#rows()
      .furthest()
      .reduce((sum, { created, spent }) => plus(sum, created - spent), 0 as Exact)
    // A copy that has heard of a spending before the creation that it rests on still keeps the bound.
    const distance = unspent > 0 ? unspent : 0
    return toSafe(plus(this.#bound, this.#direction === 1 ? distance : negated(distance)))
  }

  #checkHeld(amount: number): void {
    checkAmount(amount)
    const { writer } = this.place.author
    if (this.#hasTwin(writer)) {
      throw new CrdtError(
        'writer-in-use',
        `Another copy of the document writes as '${writer}' too, and may spend the same rights. ` +
          'Bind with a writer that only one copy uses at a time.',
      )
    }
    const holders = new Map(this.#held())
    const held = holders.get(writer) ?? 0
    holders.delete(writer)
    if (amount > held) throw new NotEnoughRightsError(amount, held, holders)
  }

  /** By what this copy itself wrote, rather than by what has become of it. */
  #held(): ReadonlyMap<string, number> {
    const own = Array.from(writtenAt(this.place).values(), ({ row }) => row)
    const lines = new Set(own.map(lineOf))
    const others = this.#rows()
      .furthest()
      .filter((row) => !lines.has(lineOf(row)))
    return positive(heldBy([...others, ...own]))
  }

  #hasTwin(writer: string): boolean {
    const own = writtenAt(this.place).get(writer)
    if (own === undefined) return false
    return this.#othersOf(writer).some(({ lineage, at }) => (own.before.get(lineage) ?? -1) < at)
  }

  #othersOf(writer: string): Row[] {
    const { lineage } = this.place.ledger
    return this.#rows()
      .furthest()
      .filter((row) => row.writer === writer && row.lineage !== lineage)
  }

  #write(act: (row: Row) => Row): void {
    const { ledger, writer } = this.place.author
    const own = writtenAt(this.place)
    const { row, before } = this.#begun(writer)
    const next = { ...act(row), at: ledger.nextNumber() }
    this.place.change((transaction) => {
      const { lineage, at, created, spent, transferred } = next
      const seen = this.#rows().tokensOf(writer, lineage)
      const flat = Array.from(transferred).flat()
      this.place.putLasting(transaction, CODE, writer, lineage, at, created, spent, ...flat)
      own.set(writer, { row: next, before })
      this.place.drop(transaction, seen)
      this.place.touch(transaction)
    })
  }

  #begun(writer: string): Written {
    const { lineage } = this.place.ledger
    const own = writtenAt(this.place).get(writer)
    if (own?.row.lineage === lineage) return own
    const row = { writer, lineage, at: 0, created: 0, spent: 0, transferred: new Map() }
    return {
      row,
      before: new Map(this.#othersOf(writer).map((other) => [other.lineage, other.at])),
    }
  }

  #rows(): Rows {
    return this.place.index(CODE, () => new Rows())
  }
}

/** One of the two. The counter begins at it. */
export type Bound =
  | { readonly min: number; readonly max?: never }
  | { readonly max: number; readonly min?: never }

/**
 * An integer that is never below `min`, or never above `max`, whatever is cut from whatever: to come
 * nearer to the bound costs rights, a writer spends only rights that it holds, and it holds what it
 * created or was handed (escrow: O'Neil, 1986; bounded counter: Balegas et al., 2015). The value is
 * `min` plus what was created minus what was spent, and for `max` the other way about.
 *
 * It rests on writers: only one live copy of a document may use a writer at a time, and a copy that
 * takes a writer over must hold all that was written under it. A removal of the key that it lies
 * under hides a bounded counter, and leaves the rights where they are. Nothing here can be undone.
 */
export function boundedCounter(bound: Bound): Type<BoundedCounter, number> {
  const isMin = 'min' in bound
  const limit = isMin ? bound.min : 'max' in bound ? bound.max : Number.NaN
  if (!Number.isSafeInteger(limit) || (isMin && 'max' in bound)) {
    throw new CrdtError('bad-schema', 'A bounded counter has either a min or a max, an integer.')
  }
  return {
    kind: 'boundedCounter',
    code: CODE,
    open: (place) => new BoundedCounter(place, limit, isMin ? 1 : -1),
    read: (view) => view.value,
  }
}

function lineOf({ lineage, writer }: Row): string {
  return `${lineage} ${writer}`
}

function positive(held: ReadonlyMap<string, Exact>): ReadonlyMap<string, number> {
  const some = Array.from(held).filter(([, rights]) => rights > 0)
  return frozenMap(some.map(([writer, rights]) => [writer, toSafe(rights)] as const))
}

function checkTotal(total: number): number {
  if (Number.isSafeInteger(total)) return total
  throw new CrdtError('too-large', 'The rights of one writer would be more than 2^53 - 1.')
}

function isFurther([tokenA, a]: [Token, Row], [tokenB, b]: [Token, Row]): boolean {
  return a.at === b.at ? compareTokens(tokenA, tokenB) > 0 : a.at > b.at
}

function readRow([writer, ...numbers]: readonly unknown[]): Row | undefined {
  const [lineage, at, created, spent, ...flat] = numbers
  if (!isWriter(writer) || ![lineage, at, created, spent].every(isTotal)) return undefined
  const transferred = new Map<string, number>()
  for (let index = 0; index < flat.length; index += 2) {
    const [to, amount] = [flat[index], flat[index + 1]]
    if (!isWriter(to) || !isTotal(amount)) return undefined
    transferred.set(to, amount)
  }
  return { writer, lineage, at, created, spent, transferred } as Row
}

function isTotal(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
