import assert from 'node:assert/strict'

import type { EntryRange, Store } from '../ports/store.ts'
import { MemoryDisk } from '../memory-store.ts'
import { Author, change } from './author.ts'

/**
 * Random histories of commits, reads and reopenings, run on a store and on the store in memory side
 * by side: after every step both must answer alike. A seed fixes a history, and the message of a
 * failure names it.
 */
const STEPS = 40
const DOCUMENTS = ['a', 'b', 'ab', 'a/b', '🦊']

export async function followHistory(open: () => Promise<Store>, seed: number): Promise<void> {
  const chance = new Chance(seed)
  const authors = [new Author(1), new Author(2), new Author(0xffff)]
  const disk = new MemoryDisk()
  let pair = { store: await open(), twin: disk.open() }
  const { replica } = pair.store.recovered
  for (let step = 0; step < STEPS; step++) {
    const context = `seed ${seed}, step ${step}`
    await commitSome(pair, authors, chance)
    await changeOther(pair, { author: chance.pick(authors), chance })
    await compareReads(pair, { author: chance.pick(authors), chance, context })
    if (chance.below(8) > 0) continue
    await Promise.all([pair.store.close(), pair.twin.close()])
    pair = { store: await open(), twin: disk.open() }
    assert.equal(pair.store.recovered.replica, replica, context)
    compareRecovered(pair, context)
  }
}

interface Pair {
  readonly store: Store
  readonly twin: Store
}

async function commitSome({ store, twin }: Pair, authors: Author[], chance: Chance): Promise<void> {
  const entries = Array.from({ length: chance.below(5) }, () => {
    const changes = Array.from({ length: chance.below(4) }, () =>
      change(chance.pick(DOCUMENTS), 'x'.repeat(chance.below(400))),
    )
    return chance.pick(authors).write(changes)
  })
  const about = chance.pick(authors)
  const version = new Map([[about.id, chance.below(2 ** 40)]])
  const member = {
    replica: about.id,
    address: `ws://host:${chance.below(9)}`,
    version,
    retired: false,
  }
  const batch = { entries, members: chance.below(3) === 0 ? [member] : [] }
  await store.commit(batch)
  await twin.commit(batch)
}

/** Now and then entries leave the log, and a document becomes one update. */
async function changeOther(
  { store, twin }: Pair,
  { author, chance }: { author: Author; chance: Chance },
): Promise<void> {
  const draw = chance.below(10)
  if (draw === 0) {
    const floor = new Map([[author.id, chance.below(author.head.seq + 1)]])
    assert.deepEqual(await store.trim(floor), await twin.trim(floor))
  }
  if (draw > 1) return
  const document = chance.pick(DOCUMENTS)
  const { end } = await twin.readDocument(document)
  if (end === 0) return
  const by = { end, update: change(document, `all ${end}`).update }
  await store.replace(document, by)
  await twin.replace(document, by)
}

async function compareReads(
  { store, twin }: Pair,
  { author, chance, context }: { author: Author; chance: Chance; context: string },
): Promise<void> {
  const from = 1 + chance.below(author.head.seq + 2)
  const range: EntryRange = { from, to: from + chance.below(9), bytesMax: chance.below(2_000) }
  const [read, expected] = await Promise.all([
    store.readEntries(author.id, range),
    twin.readEntries(author.id, range),
  ])
  assert.deepEqual(read.entries, expected.entries, context)
  if (read.entries.length > 0) assert.equal(read.previous, expected.previous, context)
  const document = chance.pick(DOCUMENTS)
  assert.deepEqual(await store.readDocument(document), await twin.readDocument(document), context)
  const names = await store.listDocuments({ limit: DOCUMENTS.length })
  const twinNames = await twin.listDocuments({ limit: DOCUMENTS.length })
  assert.deepEqual(names.toSorted(), twinNames.toSorted(), context)
  assert.equal(store.documentCount(), twin.documentCount(), context)
}

function compareRecovered({ store, twin }: Pair, context: string): void {
  assert.deepEqual(store.recovered.heads, twin.recovered.heads, context)
  assert.deepEqual(membersById(store), membersById(twin), context)
}

function membersById(store: Store): unknown {
  return new Map(store.recovered.members.map((member) => [member.replica, member]))
}

/** Chance that repeats: mulberry32, a published generator of 32 bits. */
class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)]
    if (choice === undefined) throw new RangeError('there is nothing to choose from')
    return choice
  }
}
