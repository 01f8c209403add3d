/**
 * Who this browser says it is: a friendly name and a colour, made up on the first visit, kept in
 * local storage, and told to others through awareness. Nothing else is known of a person.
 */
export interface Person {
  /** Random; the same for all panes and tabs of this browser. */
  readonly id: string
  readonly name: string
  readonly color: string
}

const KEY = 'rejoin.person'
/** Characters of a name; longer ones are cut. */
export const NAME_LENGTH_MAX = 24

/** Each is dark enough for white text on it (at least 4.5 : 1). */
export const COLORS = [
  '#1f5fd6',
  '#b3246b',
  '#0b7568',
  '#7c3aed',
  '#a34a08',
  '#187a36',
  '#c02626',
  '#0a6a94',
] as const

const QUALITIES = ['Brisk', 'Calm', 'Clever', 'Gentle', 'Keen', 'Merry', 'Quiet', 'Sunny']
const ANIMALS = ['Badger', 'Finch', 'Heron', 'Lynx', 'Marten', 'Otter', 'Owl', 'Wren']

export function loadPerson(): Person {
  const stored = parse(read())
  if (stored !== undefined) return stored
  const person = {
    id: randomId(),
    name: `${draw(QUALITIES)} ${draw(ANIMALS)}`,
    color: draw(COLORS),
  }
  savePerson(person)
  return person
}

export function savePerson(person: Person): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(person))
  } catch {
    // Storage may be full or forbidden; the person then lasts as long as the page.
  }
}

/** `name` as it may be shown: trimmed and cut; the old name where nothing is left. */
export function tidyName(name: string, old: string): string {
  const characters = Array.from(name.trim().replaceAll(/\s+/g, ' '))
  const tidy = characters.slice(0, NAME_LENGTH_MAX).join('').trim()
  return tidy === '' ? old : tidy
}

function read(): unknown {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null')
  } catch {
    return null
  }
}

function parse(value: unknown): Person | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { id, name, color } = value as Partial<Record<keyof Person, unknown>>
  if (typeof id !== 'string' || typeof name !== 'string' || typeof color !== 'string') {
    return undefined
  }
  if (!COLORS.some((known) => known === color)) return undefined
  return { id, name: tidyName(name, 'Guest'), color }
}

// Not `randomUUID`, which a page served over plain HTTP on a local network does not have.
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(2)), (word) => word.toString(36)).join(
    '',
  )
}

function draw<T>(from: readonly T[]): T {
  const drawn = from[Math.floor(Math.random() * from.length)]
  if (drawn === undefined) throw new RangeError('there is nothing to draw from')
  return drawn
}
