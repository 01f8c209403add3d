import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'

import { bind, schema, undoScope, type Type } from '../src/index.ts'
import { inUse, open, shown, spendIfHeld, stateOf, type Copy, type Views } from './everything.ts'
import { ReplicatedMap } from '../src/types/map.ts'
import { listLaw } from './laws/laws/list.ts'
import { mapLaw } from './laws/laws/map.ts'
import { multiValueRegisterLaw } from './laws/laws/multi-value-register.ts'
import { registerLaw } from './laws/laws/register.ts'
import { counterLaw } from './laws/laws/counter.ts'
import { disableWinsLaw, enableWinsLaw } from './laws/laws/flag.ts'
import { addWinsLaw, growOnlyLaw, removeWinsLaw } from './laws/laws/set.ts'
import { richTextLaw, textLaw } from './laws/laws/text.ts'
import { treeLaw } from './laws/laws/tree.ts'
import type { AnyLaw, Law, Site } from './laws/law.ts'
import { Random } from './laws/random.ts'

/** Undoes what is done by `me`, each transaction on its own. */
function undoManager({ doc, views }: Copy, scope?: Y.Doc): Y.UndoManager {
  const note = views.map.get('key').note
  return new Y.UndoManager(scope ?? [undoScope(doc), views.text, views.rich, note], {
    trackedOrigins: new Set(['me']),
    captureTimeout: 0,
  })
}

function sync(...copies: readonly Copy[]): void {
  for (const from of copies) for (const to of copies) Y.applyUpdate(to.doc, stateOf(from))
}

/** Two copies of a document in use; what the first does as `me` can be undone. */
function two(): { ann: Copy; bob: Copy; undo: Y.UndoManager; me: (act: () => unknown) => void } {
  const [ann, bob] = [inUse(), open('bob')]
  sync(ann, bob)
  const me = (act: () => unknown): void => void ann.doc.transact(act, 'me')
  return { ann, bob, undo: undoManager(ann), me }
}

const top = ({ tree: it }: Views): string => it.childrenOf(null)[0] ?? ''
const leaf = (views: Views): string => views.tree.childrenOf(top(views))[0] ?? ''

/** What can be undone, of every type. */
const CHANGES: Readonly<Record<string, (views: Views) => unknown>> = {
  'register: set': ({ register: it }) => it.set('second'),
  'multi-value register: set': ({ values: it }) => it.set('second'),
  'counter: increment': ({ count: it }) => it.increment(5),
  'counter: decrement': ({ count: it }) => it.decrement(10n ** 20n),
  'flag, enable wins: disable': ({ on: it }) => it.disable(),
  'flag, disable wins: enable': ({ off: it }) => it.enable(),
  'set, add wins: add': ({ added: it }) => it.add('new'),
  'set, add wins: delete': ({ added: it }) => it.delete('in'),
  'set, remove wins: add': ({ removed: it }) => it.add('in'),
  'set, remove wins: delete': ({ removed: it }) => it.delete('there'),
  'set, grow only: add': ({ grown: it }) => it.add('new'),
  'list: insert': ({ list: it }) => it.insert(1, 'a', 'b'),
  'list: delete': ({ list: it }) => it.delete(0),
  'list: set': ({ list: it }) => it.set(0, { new: true }),
  'list: move': ({ list: it }) => it.move(0, 1),
  'tree: create': (views) => views.tree.create(leaf(views), 'new'),
  'tree: delete': (views) => views.tree.delete(top(views)),
  'tree: set': (views) => views.tree.set(leaf(views), 'new'),
  'tree: move': (views) => views.tree.move(leaf(views), null, 0),
  'map: a change in it': ({ map: it }) => it.get('key').count.increment(3),
  'map: ensure': ({ map: it }) => it.ensure('new'),
  'map: a new key': ({ map: it }) => it.get('new').lists.get('x').push(1),
  'map: delete': ({ map: it }) => it.delete('key'),
  'map: clear': ({ map: it }) => it.clear(),
  'map: delete within': ({ map: it }) => it.get('key').lists.delete('deep'),
  'text: insert': ({ text: it }) => it.insert(2, 'new'),
  'text: delete': ({ text: it }) => it.delete(0, 2),
  'rich text: insert': ({ rich: it }) => it.insert(0, [new Y.XmlElement('h1')]),
  'all at once': (views) => {
    views.text.delete(0, 2)
    views.count.increment()
    views.list.move(0, 1)
    views.list.set(1, 'new')
    views.map.delete('key')
    views.map.get('key').count.increment(9)
    views.tree.delete(leaf(views))
    views.register.set('second')
    views.register.set('third')
  },
}

describe('[D1] undo and redo', () => {
  test.each(Object.entries(CHANGES))('%s', (_, change) => {
    const { ann, bob, undo, me } = two()
    ann.views.removed.add('there')
    sync(ann, bob)
    const before = shown(ann)
    let updates = 0
    ann.doc.on('update', () => (updates += 1))
    me(() => change(ann.views))
    const after = shown(ann)
    expect(updates).toBe(1)
    expect(undo.undoStack).toHaveLength(1)
    expect(after).not.toEqual(before)
    for (let round = 0; round < 3; round++) {
      undo.undo()
      expect(shown(ann)).toEqual(before)
      sync(ann, bob)
      expect(shown(bob)).toEqual(before)
      undo.redo()
      expect(shown(ann)).toEqual(after)
      sync(ann, bob)
      expect(shown(bob)).toEqual(after)
    }
    expect(updates).toBe(7)
  })

  test('goes on from there: what was undone does not come back with the next change', () => {
    const { ann, bob, undo, me } = two()
    for (const change of Object.values(CHANGES)) {
      me(() => change(ann.views))
      undo.undo()
    }
    const before = shown(ann)
    expect(before).toEqual(shown(inUseAs(bob)))
    ann.views.count.increment(2)
    ann.views.map.get('key').count.increment(2)
    ann.views.list.push('three')
    ann.views.tree.create(top(ann.views), 'third')
    sync(ann, bob)
    expect(bob.views.value).toMatchObject({ count: 9, list: ['two', 'one', 'three'] })
    expect(bob.views.map.get('key').count.value).toBe(3)
    expect(bob.views.tree.size).toBe(3)
  })
})

/** As it was before anybody undid anything. */
function inUseAs({ doc }: Copy): Copy {
  const copy = open('cem')
  Y.applyUpdate(copy.doc, Y.encodeStateAsUpdate(doc))
  return copy
}

describe('[D1] undo among what others do', () => {
  test('a counter counts back its own changes, and no others', () => {
    const { ann, bob, undo, me } = two()
    me(() => ann.views.count.increment(5))
    bob.views.count.increment(3)
    sync(ann, bob)
    undo.undo()
    sync(ann, bob)
    for (const { views } of [ann, bob]) expect(views.count.value).toBe(10)
    undo.redo()
    sync(ann, bob)
    for (const { views } of [ann, bob]) expect(views.count.value).toBe(15)
  })

  test('a removed key comes back with all that was in it, and what came meanwhile', () => {
    const { ann, bob, undo, me } = two()
    bob.views.map.get('key').count.increment(5)
    sync(ann, bob)
    me(() => ann.views.map.delete('key'))
    bob.views.map.get('key').count.increment(3)
    bob.views.map.get('key').note.insert(0, 'a ')
    sync(ann, bob)
    for (const { views } of [ann, bob]) {
      expect(views.value.map.get('key')).toMatchObject({ count: 3, note: 'a ' })
    }
    undo.undo()
    sync(ann, bob)
    for (const { views } of [ann, bob]) {
      expect(views.value.map.get('key')).toMatchObject({ count: 9, note: 'a note' })
      expect(views.value.map.get('key')?.lists.get('deep')).toEqual([1])
    }
    undo.redo()
    sync(ann, bob)
    for (const { views } of [ann, bob]) {
      expect(views.value.map.get('key')).toMatchObject({ count: 3, note: 'a ' })
    }
  })

  test('to undo a removal holds, whatever its counters belong to and undo since', () => {
    const { ann, bob, undo, me } = two()
    const undoBob = undoManager(bob)
    bob.views.map.get('key').count.increment(5)
    sync(ann, bob)
    me(() => ann.views.map.delete('key'))
    sync(ann, bob)
    // What bob does next has nothing to do with the counter.
    bob.doc.transact(() => bob.views.register.set('second'), 'me')
    sync(ann, bob)
    undo.undo()
    sync(ann, bob)
    expect(ann.views.map.get('key').count.value).toBe(6)
    undoBob.undo()
    sync(ann, bob)
    for (const { views } of [ann, bob]) {
      expect(views.register.value).toBe('first')
      expect(views.map.get('key').count.value).toBe(6)
    }
  })

  test('an element that was moved is where it was, with the value that it got meanwhile', () => {
    const { ann, bob, undo, me } = two()
    const id = ann.views.list.idAt(0) ?? ''
    me(() => ann.views.list.move(id, 1))
    bob.views.list.set(id, 'set')
    sync(ann, bob)
    undo.undo()
    sync(ann, bob)
    for (const { views } of [ann, bob]) expect(views.list.value).toEqual(['set', 'one'])
  })

  test('a node that others put something under comes to no harm when it goes', () => {
    const { ann, bob, undo, me } = two()
    me(() => ann.views.tree.create(null, 'new', 0))
    sync(ann, bob)
    bob.views.tree.move(bob.views.tree.childrenOf(null)[1] ?? '', top(bob.views))
    undo.undo()
    sync(ann, bob)
    for (const { views } of [ann, bob]) {
      expect(views.tree.size).toBe(2)
      expect(views.tree.value).toMatchObject([{ value: 'root', children: [{ value: 'leaf' }] }])
    }
  })

  test('others see what is undone as it is: taken back in one update', () => {
    const { ann, bob, undo, me } = two()
    me(() => ann.views.map.delete('key'))
    sync(ann, bob)
    const heard: unknown[] = []
    bob.views.subscribe(({ local, origin }) => heard.push([local, origin]))
    ann.doc.on('update', (update: Uint8Array) => Y.applyUpdate(bob.doc, update, 'net'))
    undo.undo()
    expect(heard).toEqual([[false, 'net']])
  })
})

describe('[D1] what can not be undone', () => {
  const lasting = (views: Views): void => {
    views.stock.create(2)
    views.stock.spend(1)
    views.stock.transfer(1, 'bob')
    views.visitors.add('bob')
    views.hits.add('home')
    views.times.add(99)
    views.top.add('home')
  }

  test('rights and summaries: there is nothing to undo', () => {
    const { ann, undo, me } = two()
    me(() => lasting(ann.views))
    expect(undo.canUndo()).toBe(false)
    const after = shown(ann)
    me(() => {
      lasting(ann.views)
      ann.views.count.increment()
    })
    undo.undo()
    const { stock, hits, times, top: most } = ann.views
    expect(ann.views.count.value).toBe(7)
    expect([stock.value, stock.rightsOf('bob'), hits.value, times.value.count]).toEqual([
      9, 5, 3, 3,
    ])
    expect([ann.views.visitors.value, most.total]).toEqual([2, 3])
    expect(after).not.toEqual(shown(ann))
  })

  test('a right that was spent under a key stays spent', () => {
    const { ann, undo, me } = two()
    me(() => ann.views.map.delete('key'))
    me(() => ann.views.stock.spend(4))
    undo.undo()
    expect(ann.views.stock.value).toBe(3)
    expect(ann.views.stock.rights).toBe(0)
  })

  test.each([
    ['the last spending', 1, 0],
    ['the creation too', 2, 0],
    ['all, and the creation done again', 2, 1],
    ['all, and done again', 2, 2],
  ])('no right is spent twice, though a whole document is undone: %s', (_, undos, redos) => {
    const ann = open()
    const undo = undoManager(ann, ann.doc)
    ann.doc.transact(() => ann.views.stock.create(10), 'me')
    ann.doc.transact(() => ann.views.stock.spend(6), 'me')
    for (let times = 0; times < undos; times++) undo.undo()
    for (let times = 0; times < redos; times++) undo.redo()
    let spent = 6
    for (const amount of [6, 5, 4, 4, 1]) {
      spent += spendIfHeld(ann.views.stock, amount)
    }
    expect(spent).toBeLessThanOrEqual(10)
  })
})

test('[D1] several changes in one transaction are one step, one update and one call', () => {
  const ann = open()
  const undo = undoManager(ann)
  const [updates, calls]: [Uint8Array[], unknown[]] = [[], []]
  ann.doc.on('update', (update: Uint8Array) => updates.push(update))
  ann.views.subscribe((change) => calls.push(change))
  ann.doc.transact(() => {
    for (let at = 0; at < 5; at++) {
      ann.views.list.push(at)
      ann.views.list.move(at, 0)
      ann.views.count.increment()
      ann.views.map.get(`k${at}`).count.increment()
      ann.views.text.insert(0, 'x')
    }
  }, 'me')
  expect([updates.length, calls.length, undo.undoStack.length]).toEqual([1, 1, 1])
  undo.undo()
  expect(updates).toHaveLength(2)
  expect(shown(ann)).toEqual(shown(open()))
})

const laws = [
  registerLaw,
  multiValueRegisterLaw,
  counterLaw,
  enableWinsLaw,
  disableWinsLaw,
  addWinsLaw,
  removeWinsLaw,
  growOnlyLaw,
  listLaw,
  treeLaw,
  mapLaw,
  textLaw,
  richTextLaw,
] as unknown as readonly AnyLaw[]

/** One of the copies of a random history, which also takes back what it did. */
class Undoing {
  readonly doc = new Y.Doc()
  readonly view: unknown
  readonly manager: Y.UndoManager
  readonly inbox: Uint8Array[] = []
  readonly #law: Law<unknown, unknown>
  readonly #writer: string

  constructor(law: Law<unknown, unknown>, at: number) {
    this.#law = law
    this.#writer = `w${at}`
    this.view = viewOf(law.type, this.doc, this.#writer)
    this.manager = new Y.UndoManager([undoScope(this.doc), ...textsOf(this.view)], {
      captureTimeout: 0,
    })
  }

  get shown(): unknown {
    return this.#law.shown(this.view)
  }

  act(random: Random): void {
    const { doc } = this
    const site: Site = {
      writer: this.#writer,
      writers: [this.#writer],
      written: (act) => {
        const before = new Set(undoScope(doc).toArray())
        act()
        return undoScope(doc)
          .toArray()
          .filter((token) => !before.has(token)) as unknown[][]
      },
      updates: (act) => {
        const made: Uint8Array[] = []
        const note = (update: Uint8Array): void => void made.push(update)
        doc.on('update', note)
        act()
        doc.off('update', note)
        return made
      },
    }
    this.#law.act(this.view, random, site)
  }
}

function viewOf(type: Type<unknown, unknown>, doc: Y.Doc, writer: string): unknown {
  // Each copy has a clock of its own that stands still, which registers must cope with.
  const now = (): number => 1_700_000_000_000
  return (bind(schema({ it: type }), doc, { writer, now }) as { readonly it: unknown }).it
}

/** The texts that a scope must name, since they lie at roots of their own. */
function textsOf(view: unknown): (Y.Text | Y.XmlFragment)[] {
  if (view instanceof Y.Text || view instanceof Y.XmlFragment) return [view]
  if (!(view instanceof ReplicatedMap)) return []
  return ['a', 'b/~', '__proto__'].map((key) => (view.get(key) as { note: Y.Text }).note)
}

const seeds = Array.from({ length: 15 }, (_, at) => 1_000 + at)

describe.each(laws.map((law) => [law.name, law as unknown as Law<unknown, unknown>] as const))(
  '[D1] %s',
  (_, law) => {
    test('all steps back and forth again, and each shows what it showed', () => {
      for (const seed of seeds) {
        const [random, copy] = [new Random(seed), new Undoing(law, 0)]
        const steps = [copy.shown]
        for (let act = 0; act < 30; act++) {
          copy.act(random)
          steps[copy.manager.undoStack.length] = copy.shown
        }
        for (let round = 0; round < 2; round++) {
          for (const step of steps.slice(0, -1).toReversed()) {
            copy.manager.undo()
            expect(copy.shown, `seed ${seed}`).toEqual(step)
          }
          for (const step of steps.slice(1)) {
            copy.manager.redo()
            expect(copy.shown, `seed ${seed}`).toEqual(step)
          }
        }
      }
    })

    test('copies that undo and redo among what others do show the same', () => {
      for (const seed of seeds) {
        const random = new Random(seed)
        const copies = [0, 1, 2].map((at) => new Undoing(law, at))
        const updates = connect(copies)
        for (let step = 0; step < 120; step++) live(copies, random)
        expect(updates.length).toBeGreaterThan(20)
        checkEqual(copies, law, updates, `seed ${seed}`)
        for (const { manager } of copies) while (manager.undo() !== null);
        checkEqual(copies, law, updates, `seed ${seed}, all undone`)
        for (const { manager } of copies) while (manager.redo() !== null);
        checkEqual(copies, law, updates, `seed ${seed}, all redone`)
      }
    })
  },
)

/** What each of them changes is on its way to the others; returns all of it, as it comes. */
function connect(copies: readonly Undoing[]): readonly Uint8Array[] {
  const updates: Uint8Array[] = []
  for (const { doc } of copies) {
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'peer') return
      updates.push(update)
      for (const other of copies) if (other.doc !== doc) other.inbox.push(update)
    })
  }
  return updates
}

function live(copies: readonly Undoing[], random: Random): void {
  const copy = copies[random.below(copies.length)] as Undoing
  const dice = random.below(100)
  if (dice < 35) copy.act(random)
  else if (dice < 50) copy.manager.undo()
  else if (dice < 60) copy.manager.redo()
  else deliver(copy, random.below(copy.inbox.length + 1))
}

function deliver({ doc, inbox }: Undoing, at: number): void {
  for (const update of inbox.splice(at, 1)) Y.applyUpdate(doc, update, 'peer')
}

function checkEqual(
  copies: readonly Undoing[],
  law: Law<unknown, unknown>,
  updates: readonly Uint8Array[],
  when: string,
): void {
  for (const copy of copies) while (copy.inbox.length > 0) deliver(copy, 0)
  const [first] = copies as [Undoing]
  // What came too early for Yjs is taken up by a sync, as every provider makes one.
  for (const { doc } of copies) {
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(first.doc, Y.encodeStateVector(doc)), 'peer')
    Y.applyUpdate(first.doc, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(first.doc)), 'peer')
  }
  for (const copy of copies) expect(copy.shown, when).toEqual(first.shown)
  const newcomer = new Y.Doc()
  Y.applyUpdate(newcomer, Y.mergeUpdates([...updates]))
  expect(law.shown(viewOf(law.type, newcomer, 'new')), when).toEqual(first.shown)
}
