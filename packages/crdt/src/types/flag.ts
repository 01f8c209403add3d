import type { Index } from '../ledger/node.ts'
import type { Place } from '../ledger/place.ts'
import type { Token } from '../ledger/token.ts'
import type { Type } from '../type.ts'
import { View } from '../view.ts'

/** What a concurrent enabling and disabling come to. */
export type FlagWinner = 'enable' | 'disable'

const CODES = { enable: 'e', disable: 'd' } as const
type Code = (typeof CODES)[FlagWinner]

/** How many enablings and disablings there are that no other change has seen. */
class Changes implements Index {
  readonly #code: Code
  #enables = 0
  #disables = 0

  constructor(code: Code) {
    this.#code = code
  }

  get isOn(): boolean {
    return this.#enables > 0 && (this.#code === 'e' || this.#disables === 0)
  }

  add(token: Token): boolean {
    return this.#count(token, 1)
  }

  remove(token: Token): boolean {
    return this.#count(token, -1)
  }

  #count({ payload: [value] }: Token, by: number): boolean {
    const was = this.isOn
    if (value === true) this.#enables += by
    else if (value === false) this.#disables += by
    return was !== this.isOn
  }
}

/** A boolean that is off at first: see `flag`. */
export class Flag extends View<boolean> {
  readonly #code: Code

  constructor(place: Place, code: Code) {
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
    return this.place.index(this.#code, () => new Changes(this.#code)).isOn
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
