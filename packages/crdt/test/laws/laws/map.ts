import type * as Y from 'yjs'

import {
  counter,
  flag,
  list,
  map,
  multiValueRegister,
  schema,
  set,
  text,
  type FieldViews,
} from '../../../src/index.ts'
import { ReplicatedMap } from '../../../src/types/map.ts'
import { uncancelled, type History, type Operation } from '../history.ts'
import type { Law } from '../law.ts'
import type { Random } from '../random.ts'

const fields = {
  count: counter(),
  tags: set<string>(),
  state: multiValueRegister<string>(),
  on: flag(),
  parts: map(counter()),
  lines: list<string>(),
  note: text(),
}
const Cart = schema(fields)
type Cart = FieldViews<typeof fields>
type Carts = ReplicatedMap<Cart, Cart['value']>

/** One change below a key, or to the keys. */
type Change =
  | { readonly kind: 'count'; readonly key: string; readonly by: number }
  | { readonly kind: 'part'; readonly key: string; readonly part: string; readonly by: number }
  | { readonly kind: 'tag' | 'untag' | 'state'; readonly key: string; readonly value: string }
  | { readonly kind: 'line' | 'unline'; readonly key: string; readonly value: string }
  | { readonly kind: 'on' | 'off' | 'ensure' | 'remove'; readonly key: string }
  | { readonly kind: 'remove part'; readonly key: string; readonly part: string }
  | { readonly kind: 'note'; readonly key: string; readonly word: string }

const KEYS = ['a', 'b/~', '__proto__'] as const
const PARTS = ['x', 'y'] as const

/** Drops the tokens of counters as it drops the others: Riak's anomaly. */
class Forgetful extends ReplicatedMap<Cart, Cart['value']> {
  override delete(key: string): boolean {
    const node = this.place.node?.children.get(key)
    if (node === undefined) return false
    this.place.change((transaction) => {
      this.place.drop(transaction, node.tokens())
      const { note } = this.get(key)
      note.delete(0, note.length)
    })
    return true
  }
}

/** Puts the text again that a removal has deleted. */
class Littering extends ReplicatedMap<Cart, Cart['value']> {
  override delete(key: string): boolean {
    return this.place.change(() => {
      const words = this.get(key).note.toString()
      const was = super.delete(key)
      if (words !== '') this.get(key).note.insert(0, words)
      return was
    })
  }
}

export const mapLaw: Law<Carts, Change> = {
  name: 'map of everything',
  type: map(Cart),
  wrong: {
    "a removed counter's sum comes back": {
      ...map(Cart),
      open: (place) => new Forgetful(place, Cart),
    },
    'a removal leaves the text': { ...map(Cart), open: (place) => new Littering(place, Cart) },
  },
  act: (view, random, site) => {
    const change = choose(random, view)
    const updates = site.updates(() => act(view, change, random))
    return updates.length === 0 ? undefined : change
  },
  shown: (view) => Array.from(view.value, ([key, cart]) => [key, plain(cart)]),
  reference: (history) =>
    KEYS.toSorted().flatMap((key) => {
      const cart = referenceOf(history, key)
      return cart === undefined ? [] : [[key, cart]]
    }),
}

function choose(random: Random, view: Carts): Change {
  const [key, part] = [random.of(...KEYS), random.of(...PARTS)]
  const value = random.of('p', 'q', 'r')
  const unique = `${random.below(1_000_000_000)}`.padStart(9, '0')
  const [line] = view.get(key).lines.value
  return random.of<Change>(
    { kind: 'count', key, by: random.between(-3, 5) },
    { kind: 'count', key, by: 1 },
    { kind: 'part', key, part, by: 1 },
    { kind: 'part', key, part, by: 2 },
    { kind: 'tag', key, value },
    { kind: 'untag', key, value },
    { kind: 'state', key, value: unique },
    { kind: 'on', key },
    { kind: 'off', key },
    { kind: 'line', key, value: unique },
    { kind: 'unline', key, value: line ?? '' },
    { kind: 'note', key, word: unique },
    { kind: 'ensure', key },
    { kind: 'remove part', key, part },
    { kind: 'remove', key },
    { kind: 'remove', key },
  )
}

function act(view: Carts, change: Change, random: Random): void {
  const cart = view.get(change.key)
  switch (change.kind) {
    case 'count':
      return cart.count.increment(change.by)
    case 'part':
      return cart.parts.get(change.part).increment(change.by)
    case 'tag':
      return cart.tags.add(change.value)
    case 'untag':
      return void cart.tags.delete(change.value)
    case 'state':
      return cart.state.set(change.value)
    case 'on':
    case 'off':
      return cart.on.set(change.kind === 'on')
    case 'line':
      return void cart.lines.push(change.value)
    case 'unline':
      return change.value === '' ? undefined : cart.lines.delete(0)
    case 'note':
      return writeWord(cart.note, change.word, random)
    case 'ensure':
      return void view.ensure(change.key)
    case 'remove part':
      return void cart.parts.delete(change.part)
    case 'remove':
      return void view.delete(change.key)
  }
}

/** Words of nine digits, each inserted between others. */
function writeWord(note: Y.Text, word: string, random: Random): void {
  note.insert(9 * random.between(0, note.length / 9), word)
}

function plain(cart: Cart['value']): unknown {
  return {
    count: cart.count,
    tags: Array.from(cart.tags),
    state: cart.state,
    on: cart.on,
    parts: Array.from(cart.parts),
    lines: cart.lines.toSorted(),
    note: (cart.note.match(/.{9}/g) ?? []).toSorted(),
  }
}

/** What is left of a key when everything is taken away that a removal has seen. */
function referenceOf(history: History<Change>, key: string): unknown {
  const changes = history.filter(({ what }) => what.key === key)
  const kept = changes.filter((change) => !isRemoved(change, changes))
  const of = (...kinds: Change['kind'][]): Operation<Change>[] => {
    const left = uncancelled(changes, cancels)
    return kept.filter((each) => kinds.includes(each.what.kind) && left.includes(each))
  }
  const signs = of('count', 'part', 'tag', 'state', 'on', 'line', 'note', ...TOUCHES)
  if (signs.length === 0) return undefined
  const sum = (counts: Operation<Change>[]): number =>
    counts.reduce((total, { what }) => total + ('by' in what ? what.by : 0), 0)
  const values = (...kinds: Change['kind'][]): string[] =>
    of(...kinds).map(({ what }) => ('value' in what ? what.value : ''))
  const parts = PARTS.map(
    (part) =>
      [part, of('part').filter(({ what }) => 'part' in what && what.part === part)] as const,
  )
  return {
    count: sum(of('count')),
    tags: Array.from(new Set(values('tag'))).toSorted(),
    state: values('state').toSorted(),
    on: of('on').length > 0,
    parts: parts.filter(([, counts]) => counts.length > 0).map(([part, all]) => [part, sum(all)]),
    lines: values('line').toSorted(),
    note: of('note')
      .map(({ what }) => ('word' in what ? what.word : ''))
      .toSorted(),
  }
}

/** Changes that only take away; they keep the key all the same. */
const TOUCHES = ['untag', 'off', 'unline', 'ensure', 'remove part'] as const

function isTouch(kind: Change['kind']): boolean {
  return (TOUCHES as readonly string[]).includes(kind)
}

function isRemoved({ id, what }: Operation<Change>, history: History<Change>): boolean {
  return history.some(
    ({ sees, what: by }) =>
      sees.has(id) &&
      (by.kind === 'remove' ||
        (by.kind === 'remove part' && what.kind === 'part' && what.part === by.part)),
  )
}

/** By the rules of each type; what only takes away is outdone by what does so later. */
function cancels(by: Change, what: Change): boolean {
  if (isTouch(what.kind)) return isTouch(by.kind)
  switch (what.kind) {
    case 'tag':
      return (by.kind === 'tag' || by.kind === 'untag') && by.value === what.value
    case 'state':
      return by.kind === 'state'
    case 'on':
      return by.kind === 'on' || by.kind === 'off'
    case 'line':
      return by.kind === 'unline' && by.value === what.value
    default:
      return false
  }
}
