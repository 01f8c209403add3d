import assert from 'node:assert/strict'

import type { Store } from '../ports/store.ts'
import { Author, change, updateOf } from './author.ts'

/** The cases about changes other than plain commits: what leaves the log, what is replaced, who one is. */
type Check = (open: () => Promise<Store>) => Promise<void>

const EVERYTHING = { from: 1, to: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER }

export const CHANGES: Readonly<Record<string, Check>> = {
  '[S5] one update takes the place of those before its end, and what came since stays': async (
    open,
  ) => {
    const store = await open()
    const author = new Author(1)
    await store.commit({ entries: author.writeMany(5, 'a'), members: [] })
    const { end } = await store.readDocument('a')
    await store.commit({ entries: [author.write([change('a', 'later')])], members: [] })
    await store.replace('a', { end, update: updateOf('all') })
    const expected = [updateOf('all'), updateOf('later')]
    assert.deepEqual((await store.readDocument('a')).updates, expected)
    await store.commit({ entries: [author.write([change('a', 'last')])], members: [] })
    await store.close()
    const again = await open()
    const { updates, end: newEnd } = await again.readDocument('a')
    assert.deepEqual(updates, [...expected, updateOf('last')])
    await again.replace('a', { end: newEnd, update: updateOf('one') })
    assert.deepEqual((await again.readDocument('a')).updates, [updateOf('one')])
    assert.equal(again.documentCount(), 1)
    assert.equal((await again.readEntries(author.id, EVERYTHING)).entries.length, 7)
  },

  '[S5] what covers less than the one that is in its place already changes nothing': async (
    open,
  ) => {
    const store = await open()
    const author = new Author(1)
    await store.commit({ entries: author.writeMany(3, 'a'), members: [] })
    const { end: early } = await store.readDocument('a')
    await store.commit({ entries: author.writeMany(2, 'a'), members: [] })
    const { end: late } = await store.readDocument('a')
    await store.commit({ entries: [author.write([change('a', 'later')])], members: [] })
    await store.replace('a', { end: late, update: updateOf('all') })
    await store.replace('a', { end: early, update: updateOf('less') })
    const expected = [updateOf('all'), updateOf('later')]
    assert.deepEqual((await store.readDocument('a')).updates, expected)
    await store.close()
    assert.deepEqual((await (await open()).readDocument('a')).updates, expected)
  },

  '[L7] entries leave the log up to its floor, which never falls': async (open) => {
    const store = await open()
    const author = new Author(1)
    await store.commit({ entries: author.writeMany(6, 'a'), members: [] })
    const floor = { seq: 4, hash: author.written[3]?.hash }
    assert.deepEqual(await store.trim(new Map([[author.id, 4]])), new Map([[author.id, floor]]))
    assert.deepEqual(await store.trim(new Map([[author.id, 2]])), new Map([[author.id, floor]]))
    assert.deepEqual((await store.readEntries(author.id, EVERYTHING)).entries, [])
    await store.close()
    const again = await open()
    assert.deepEqual(again.recovered.floors, new Map([[author.id, floor]]))
    assert.deepEqual(again.recovered.heads, new Map([[author.id, author.head]]))
    const read = await again.readEntries(author.id, { ...EVERYTHING, from: 5 })
    assert.deepEqual(read, { previous: floor.hash, entries: author.bytesOf(5, 6) })
    assert.equal((await again.readDocument('a')).updates.length, 6)
    assert.ok((await again.logBytes()) >= 0)
  },

  '[L7] a log goes on after what came as documents': async (open) => {
    const store = await open()
    const author = new Author(1)
    await store.commit({ entries: author.writeMany(2, 'a'), members: [] })
    const ahead = new Author(1, 40)
    const jumps = new Map([[ahead.id, ahead.head]])
    await store.commit({ entries: [], members: [], snapshots: [change('b', 'whole')], jumps })
    await store.commit({ entries: ahead.writeMany(2, 'b'), members: [] })
    await store.close()
    const again = await open()
    assert.equal(again.recovered.heads.get(ahead.id)?.seq, 42)
    assert.equal(again.recovered.floors.get(ahead.id)?.seq, 40)
    const { entries } = await again.readEntries(ahead.id, { ...EVERYTHING, from: 41 })
    assert.deepEqual(entries, ahead.bytesOf(41, 42))
    assert.deepEqual((await again.readEntries(ahead.id, EVERYTHING)).entries, [])
    assert.equal((await again.readDocument('b')).updates.length, 3)
  },

  '[L8] a new id is for good, and the old one is retired; what comes after is cut': async (
    open,
  ) => {
    const store = await open()
    const old = store.recovered.replica
    const author = new Author(1)
    const own = author.writeMany(5, 'a').map((entry) => {
      return { ...entry, dot: { ...entry.dot, replica: old } }
    })
    await store.commit({ entries: own, members: [] })
    const renewed = await store.renew(3)
    assert.notEqual(renewed.replica, old)
    assert.deepEqual(renewed.cuts, [old])
    assert.equal(renewed.heads.get(old)?.seq, 3)
    await store.close()
    const again = await open()
    assert.equal(again.recovered.replica, renewed.replica)
    assert.deepEqual(again.recovered.cuts, [old])
    assert.equal(again.recovered.members.find(({ replica }) => replica === old)?.retired, true)
    const loose = await again.readLoose(old, { seq: 3, bytesMax: 1 })
    assert.deepEqual(loose, [{ seq: 4, bytes: own[3]?.bytes }])
    const all = await again.readLoose(old, { seq: 3, bytesMax: 1_000_000 })
    assert.deepEqual(
      all.map(({ seq }) => seq),
      [4, 5],
    )
    assert.deepEqual(await again.cut(old, 3), { seq: 3, hash: own[2]?.hash })
    assert.deepEqual(await again.readLoose(old, { seq: 3, bytesMax: 1_000_000 }), [])
    await again.close()
    assert.deepEqual((await open()).recovered.cuts, [])
  },

  '[L8] where its floor is beyond what is kept, all of an old log is cut': async (open) => {
    const store = await open()
    const old = store.recovered.replica
    const own = new Author(1).writeMany(5, 'a').map((entry) => {
      return { ...entry, dot: { ...entry.dot, replica: old } }
    })
    await store.commit({ entries: own, members: [] })
    await store.trim(new Map([[old, 3]]))
    assert.equal((await store.renew(1)).heads.get(old), undefined)
    await store.close()
    const again = await open()
    assert.deepEqual(again.recovered.cuts, [old])
    assert.equal(again.recovered.heads.get(old), undefined)
    const loose = await again.readLoose(old, { seq: 3, bytesMax: 1_000_000 })
    assert.deepEqual(
      loose.map(({ seq }) => seq),
      [4, 5],
    )
    assert.equal((await again.cut(old, 0)).seq, 0)
    await again.close()
    const { recovered } = await open()
    assert.deepEqual([recovered.cuts, [...recovered.heads], [...recovered.floors]], [[], [], []])
  },

  '[L1] cut to nothing, a log has no floor either': async (open) => {
    const store = await open()
    const author = new Author(1)
    await store.commit({ entries: author.writeMany(4, 'a'), members: [] })
    await store.trim(new Map([[author.id, 2]]))
    assert.equal((await store.cut(author.id, 0)).seq, 0)
    await store.close()
    const again = await open()
    assert.deepEqual(again.recovered.heads, new Map())
    assert.deepEqual(again.recovered.floors, new Map())
    await again.commit({ entries: new Author(1).writeMany(2, 'a'), members: [] })
    assert.equal((await again.readEntries(author.id, EVERYTHING)).entries.length, 2)
  },

  'a note is found again until it is forgotten': async (open) => {
    const store = await open()
    const notes = new Map([
      ['one', Uint8Array.of(1, 2)],
      ['two', Uint8Array.of(3)],
    ])
    await store.commit({ entries: [], members: [], notes })
    await store.commit({ entries: [], members: [], notes: new Map([['two', new Uint8Array()]]) })
    await store.close()
    const { recovered } = await open()
    assert.deepEqual(recovered.notes, new Map([['one', Uint8Array.of(1, 2)]]))
  },

  '[S2] a store that is opened anew goes on as it was': async (open) => {
    const store = await open()
    const author = new Author(1)
    await store.commit({ entries: author.writeMany(2, 'a'), members: [] })
    const recovered = await store.reopen()
    assert.deepEqual(recovered.heads, new Map([[author.id, author.head]]))
    assert.equal(recovered.replica, store.recovered.replica)
    await store.commit({ entries: author.writeMany(1, 'a'), members: [] })
    assert.equal((await store.readDocument('a')).updates.length, 3)
    assert.equal((await store.salvageDocument('a')).updates.length >= 3, true)
  },

  'changes that are made at once are made in the order of the calls': async (open) => {
    const store = await open()
    const author = new Author(1)
    await store.commit({ entries: author.writeMany(3, 'a'), members: [] })
    const { end } = await store.readDocument('a')
    await Promise.all([
      store.commit({ entries: author.writeMany(1, 'a'), members: [] }),
      store.replace('a', { end, update: updateOf('all') }),
      store.trim(new Map([[author.id, 3]])),
    ])
    assert.equal((await store.readDocument('a')).updates.length, 2)
    assert.equal(store.recovered.replica.length, 16)
  },
}
