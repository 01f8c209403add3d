import { CrdtError, NotEnoughRightsError } from '../error.ts'
import { checkAmount } from '../exact.ts'
import { frozenMap } from '../frozen.ts'
import { BOUNDED_COUNTER as CODE } from '../ledger/codes.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Index } from '../ledger/node.ts'
import { checkWriter, isWriter } from '../ledger/writer.ts'
import type { Place } from '../ledger/place.ts'
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

/** Of each copy and writer the furthest row, and what follows from them. */
class Rows implements Index {
  readonly #rows = new Map<Token, Row>()
  /** What this copy wrote last, by writer: it stands, whatever becomes of its token. */
  readonly #own = new Map<string, Row>()
  /** Writers of this copy of whom another copy wrote after they had begun to. */
  readonly twins = new Set<string>()
  readonly #ledger: Ledger

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  add(token: Token): boolean {
    const row = readRow(token.payload)
    if (row === undefined) return false
    this.#rows.set(token, row)
    const own = this.#own.get(row.writer)
    if (row.lineage !== this.#ledger.lineage) {
      if (own !== undefined) this.twins.add(row.writer)
    } else if (own === undefined || own.at < row.at) {
      this.#own.set(row.writer, row)
    }
    return true
  }

  remove(token: Token): boolean {
    return this.#rows.delete(token)
  }

  own(writer: string): Row | undefined {
    return this.#own.get(writer)
  }

  tokensOf(writer: string): Token[] {
    const { lineage } = this.#ledger
    const own = Array.from(this.#rows).filter(
      ([, row]) => row.writer === writer && row.lineage === lineage,
    )
    return own.map(([token]) => token)
  }

  furthest(): Row[] {
    const furthest = new Map<string, [Token, Row]>()
    for (const [token, row] of this.#rows) {
      const line = `${row.lineage} ${row.writer}`
      const other = furthest.get(line)
      if (other === undefined || isFurther([token, row], other)) furthest.set(line, [token, row])
    }
    return Array.from(furthest.values(), ([, row]) => row)
  }

  /** What each writer holds: created, minus spent, minus given away, plus got. */
  held(): Map<string, number> {
    const held = new Map<string, number>()
    const give = (writer: string, rights: number): void => {
      held.set(writer, (held.get(writer) ?? 0) + rights)
    }
    for (const { writer, created, spent, transferred } of this.furthest()) {
      give(writer, created - spent)
      for (const [to, amount] of transferred) {
        give(writer, -amount)
        give(to, amount)
      }
    }
    return held
  }

  unspent(): number {
    return this.furthest().reduce((sum, { created, spent }) => sum + created - spent, 0)
  }
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
    return this.rightsOf(this.place.author.writer)
  }

  /** What a writer holds, as far as this copy knows. */
  rightsOf(writer: string): number {
    return Math.max(0, this.#rows().held().get(writer) ?? 0)
  }

  /** All who hold rights, as far as this copy knows. */
  holders(): ReadonlyMap<string, number> {
    return frozenMap(Array.from(this.#rows().held()).filter(([, rights]) => rights > 0))
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
    // A copy that has heard of a spending before the creation that it rests on still keeps the bound.
    const distance = Math.max(0, this.#rows().unspent())
    return this.#bound + this.#direction * distance
  }

  #checkHeld(amount: number): void {
    checkAmount(amount)
    const { writer } = this.place.author
    if (this.#rows().twins.has(writer)) {
      throw new CrdtError(
        'writer-in-use',
        `Another copy of the document writes as '${writer}' too, and may spend the same rights. ` +
          'Bind with a writer that only one copy uses at a time.',
      )
    }
    const holders = new Map(this.holders())
    const held = holders.get(writer) ?? 0
    holders.delete(writer)
    if (amount > held) throw new NotEnoughRightsError(amount, held, holders)
  }

  #write(act: (row: Row) => Row): void {
    const { ledger, writer } = this.place.author
    const nothing = { created: 0, spent: 0, transferred: new Map<string, number>() }
    const rows = this.#rows()
    const own = rows.own(writer) ?? { writer, lineage: ledger.lineage, at: 0, ...nothing }
    const { lineage, created, spent, transferred } = act(own)
    const seen = rows.tokensOf(writer)
    this.place.change((transaction) => {
      const flat = Array.from(transferred).flat()
      const at = ledger.nextNumber()
      this.place.putLasting(transaction, CODE, writer, lineage, at, created, spent, ...flat)
      this.place.drop(transaction, seen)
      this.place.touch(transaction)
    })
  }

  #rows(): Rows {
    return this.place.index(CODE, () => new Rows(this.place.ledger))
  }
}

/** One of the two. The counter begins at it. */
export type Bound = { readonly min: number } | { readonly max: number }

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
