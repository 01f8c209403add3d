import { equalityDeep } from 'lib0/function'

import type { Index } from '../ledger/node.ts'
import { compareTokens, type Token } from '../ledger/token.ts'
import { joined, readElement, type Element, type ElementId } from './element.ts'

/** The elements at one place, each joined from the changes to it that no other change has seen. */
export abstract class Elements implements Index {
  readonly #changes = new Map<ElementId, Map<Token, Element>>()
  readonly #elements = new Map<ElementId, Element>()

  add(token: Token): boolean {
    const element = readElement(token)
    if (element === undefined) return false
    let changes = this.#changes.get(element.id)
    if (changes === undefined) {
      changes = new Map()
      this.#changes.set(element.id, changes)
    }
    changes.set(token, element)
    return this.#join(element.id, changes)
  }

  remove(token: Token): boolean {
    const id = readElement(token)?.id
    const changes = id === undefined ? undefined : this.#changes.get(id)
    if (id === undefined || changes?.delete(token) !== true) return false
    if (changes.size === 0) this.#changes.delete(id)
    return this.#join(id, changes)
  }

  get size(): number {
    return this.#elements.size
  }

  get(id: ElementId): Element | undefined {
    return this.#elements.get(id)
  }

  all(): IterableIterator<Element> {
    return this.#elements.values()
  }

  tokensOf(id: ElementId): Token[] {
    return Array.from(this.#changes.get(id)?.keys() ?? [])
  }

  /** An element came, went, or is another now. Returns whether what is read may be another too. */
  protected abstract changed(was: Element | undefined, is: Element | undefined): boolean

  #join(id: ElementId, changes: ReadonlyMap<Token, Element>): boolean {
    const was = this.#elements.get(id)
    const is = keepingValue(joinAll(changes), was)
    if (equalityDeep(was, is)) return false
    if (is === undefined) this.#elements.delete(id)
    else this.#elements.set(id, is)
    return this.changed(was, is)
  }
}

function joinAll(changes: ReadonlyMap<Token, Element>): Element | undefined {
  const sorted = Array.from(changes)
  if (sorted.length > 1) sorted.sort(([a], [b]) => compareTokens(a, b))
  return sorted.map(([, element]) => element).reduce<Element | undefined>(joinOptional, undefined)
}

function joinOptional(a: Element | undefined, b: Element): Element {
  return a === undefined ? b : joined(a, b)
}

/** The value is the same object while it is the same JSON, whatever token it comes from. */
function keepingValue(is: Element | undefined, was: Element | undefined): Element | undefined {
  if (is === undefined || was === undefined || !equalityDeep(is.value, was.value)) return is
  return { ...is, value: was.value }
}
