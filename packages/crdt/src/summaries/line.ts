import { compareTokens, type Token } from '../ledger/token.ts'

/** What one token says: all that its copy had added by then, folded, or one addition. */
export type Saying<Addition> = {
  readonly token: Token
  readonly lineage: number
  /** The number of the change by which its copy said it. */
  readonly at: number
} & (
  | { readonly type: 'base'; readonly bytes: Uint8Array }
  | { readonly type: 'addition'; readonly addition: Addition }
)

type Base<Addition> = Extract<Saying<Addition>, { type: 'base' }>

/** What a saying came to: nothing new, one addition to what was there, or something else than that. */
export type News = 'nothing' | 'addition' | 'other'

/**
 * All that one copy of the document says. What counts is its last base and, once each, the additions
 * after it: whatever a base follows is in the base. Should two tokens bear the same number, which no
 * copy does by itself, the one that is first in Yjs's order of identities counts everywhere.
 */
export class Line<Addition> {
  readonly #sayings = new Map<number, readonly Saying<Addition>[]>()
  #base: Base<Addition> | undefined

  get base(): Uint8Array | undefined {
    return this.#base?.bytes
  }

  get isEmpty(): boolean {
    return this.#sayings.size === 0
  }

  get tokens(): Token[] {
    return Array.from(this.#sayings.values()).flatMap((same) => same.map(({ token }) => token))
  }

  /** The additions that count. */
  additions(): Addition[] {
    const additions: Addition[] = []
    for (const [saying] of this.#sayings.values()) {
      if (saying?.type === 'addition' && this.#counts(saying)) additions.push(saying.addition)
    }
    return additions
  }

  add(saying: Saying<Addition>): News {
    const same = this.#sayings.get(saying.at) ?? []
    this.#sayings.set(
      saying.at,
      [...same, saying].toSorted((a, b) => compareTokens(a.token, b.token)),
    )
    if (same.length > 0) {
      this.#findBase()
      return 'other'
    }
    if (saying.at <= this.#baseAt) return 'nothing'
    if (saying.type === 'addition') return 'addition'
    this.#base = saying
    return 'other'
  }

  /** Returns whether it may have counted. */
  remove(saying: Saying<Addition>): boolean {
    const counted = this.#counts(saying)
    const rest = this.#sayings.get(saying.at)?.filter((other) => other !== saying) ?? []
    if (rest.length === 0) this.#sayings.delete(saying.at)
    else this.#sayings.set(saying.at, rest)
    if (rest.length > 0 || saying === this.#base) this.#findBase()
    return counted
  }

  get #baseAt(): number {
    return this.#base?.at ?? 0
  }

  #counts(saying: Saying<Addition>): boolean {
    if (saying.type === 'base') return saying === this.#base
    return saying.at > this.#baseAt
  }

  #findBase(): void {
    this.#base = undefined
    for (const [saying] of this.#sayings.values()) {
      if (saying?.type === 'base' && saying.at > this.#baseAt) this.#base = saying
    }
  }
}
