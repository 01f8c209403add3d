import type { Index } from '../ledger/node.ts'
import type { Place } from '../ledger/place.ts'
import type { Token } from '../ledger/token.ts'
import type { Type } from '../type.ts'
import { View } from '../view.ts'

/** What a concurrent enabling and disabling come to. */
export type FlagWinner = 'enable' | 'disable'

const CODES = { enable: 'e', disable: 'd' } as const

/** How many enablings and disablings there are that no other change has seen. */
class Changes implements Index {
  enables = 0
  disables = 0

  add(token: Token): boolean {
    return this.#count(token, 1)
  }

  remove(token: Token): boolean {
    return this.#count(token, -1)
  }

  #count({ payload: [value] }: Token, by: number): boolean {
    if (value === true) this.enables += by
    else if (value === false) this.disables += by
    return typeof value === 'boolean'
  }
}

/** A boolean that is off at first: see `flag`. */
export class Flag extends View<boolean> {
  readonly #code: 'e' | 'd'

  constructor(place: Place, code: 'e' | 'd') {
    super(place)
    this.#code = code
  }

  enable(): void {
    this.set(true)
  }

  disable(): void {
    this.set(false)
  }

  set(value: boolean): void {
    const { place } = this
    const seen = place.tokens(this.#code)
    place.change((transaction) => {
      // Where enabling wins, that nobody enables it is all that a disabling has to say.
      if (value || this.#code === 'd') place.replace(transaction, seen, this.#code, value)
      else this.#drop(transaction, seen)
    })
  }

  protected snapshot(): boolean {
    const { enables, disables } = this.place.index(this.#code, () => new Changes())
    return enables > 0 && (this.#code === 'e' || disables === 0)
  }

  #drop(transaction: Parameters<Place['drop']>[0], seen: readonly Token[]): void {
    if (seen.length === 0) return
    this.place.drop(transaction, seen)
    this.place.touch(transaction)
  }
}

/**
 * A flag that is off until it is enabled. A change replaces the changes that it has seen; of those
 * that are left, `wins` says what counts: any enabling (`'enable'`, as in Riak), or any disabling
 * (`'disable'`). (Shapiro et al., 2011; Antidote's flag_ew and flag_dw.)
 */
export function flag({ wins = 'enable' }: { wins?: FlagWinner } = {}): Type<Flag, boolean> {
  const code = CODES[wins]
  return {
    kind: `flag (${wins} wins)`,
    code,
    open: (place) => new Flag(place, code),
    read: (view) => view.value,
  }
}
