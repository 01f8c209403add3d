import type { Awareness } from 'y-protocols/awareness'

import { element, setAttribute } from './dom.ts'
import type { Person } from './person.ts'

/**
 * Who is in a pane's document, as awareness tells it. What others say of themselves is checked before
 * it is shown; a person with several panes or tabs counts once.
 */
export interface Visitor {
  readonly id: string
  readonly name: string
  readonly color: string
}

/** Chips in a pane; further people are counted. */
const CHIPS_MAX = 4

/** Says who is at this pane, to everybody in its document. */
export function introduce(awareness: Awareness, person: Person, suffix: string): void {
  const { id, name, color } = person
  awareness.setLocalStateField('user', { id, name: `${name}${suffix}`, person: name, color })
}

export function visitorsOf(awareness: Awareness): Visitor[] {
  const visitors = new Map<string, Visitor>()
  for (const [client, state] of awareness.getStates()) {
    const visitor = readVisitor(client, state['user'])
    if (visitor !== undefined && !visitors.has(visitor.id)) visitors.set(visitor.id, visitor)
  }
  return [...visitors.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** A list of chips, drawn anew only when the people change. */
export class PeopleList {
  readonly root: HTMLElement = element('ul', { class: 'people' })
  #shown = ''

  /** `self` is the id of this browser's person, who comes first. */
  show(people: readonly Visitor[], self: string): void {
    const key = JSON.stringify([people, self])
    if (key === this.#shown) return
    this.#shown = key
    const own = people.filter((visitor) => visitor.id === self)
    const ordered = [...own, ...people.filter((visitor) => visitor.id !== self)]
    const chips = ordered.slice(0, CHIPS_MAX).map((visitor) => chip(visitor, visitor.id === self))
    const more = ordered.length - chips.length
    if (more > 0) chips.push(element('li', { class: 'more' }, `+${more}`))
    this.root.replaceChildren(...chips)
    setAttribute(this.root, 'aria-label', `${people.length} in this document`)
  }
}

function chip({ name, color }: Visitor, own: boolean): HTMLLIElement {
  const dot = element('span', { class: 'dot', 'aria-hidden': 'true' })
  dot.style.background = color
  return element('li', { title: name }, dot, own ? `${name} (you)` : name)
}

function readVisitor(client: number, user: unknown): Visitor | undefined {
  if (typeof user !== 'object' || user === null) return undefined
  const { id, name, person, color } = user as Record<string, unknown>
  if (typeof name !== 'string') return undefined
  return {
    id: typeof id === 'string' ? id : String(client),
    name: (typeof person === 'string' ? person : name).slice(0, 40),
    color: typeof color === 'string' && CSS.supports('color', color) ? color : 'gray',
  }
}
