// Edits a store in a loop, as a replica would and more wildly: commits of its own and of another origin,
// compactions, trims, cuts, new ids. Each token that a commit has made durable is printed, as a line of
// JSON; a kill at any moment must lose none of them. All follows from the seed.
// usage: node typist.mjs DIRECTORY SEED PREFIX [STEPS]
// SYNC=off leaves out every sync; CUTS=off gives up no entries together with an id
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'

import { Chance } from '@rejoin/gossip'
import { openLeveldbStore } from '@rejoin/leveldb'
import { encodeEntry } from '@rejoin/protocol'
import { compact } from '@rejoin/replica'
import * as Y from 'yjs'

const [directory, seed, prefix, steps = 'Infinity'] = process.argv.slice(2)
if (process.env.SYNC === 'off') await leaveOutSyncs()
const chance = new Chance(Number(seed))
const between = (low, high) => low + Math.floor(chance.next() * (high - low + 1))
const store = await openLeveldbStore(directory)
const documents = ['a', 'b', 'a longer name']
const docs = new Map()
const chains = new Map()
let count = 0
/** A peer whose entries it takes; another one for each typist. */
const other = createHash('sha256').update(prefix).digest('hex').slice(0, 16)

for (const name of documents) {
  const doc = new Y.Doc()
  for (const update of (await store.readDocument(name)).updates) Y.applyUpdate(doc, update)
  docs.set(name, doc)
}
for (const origin of store.recovered.cuts) await cut(origin)
print({ ready: store.recovered.replica })

for (let step = 0; step < Number(steps); step++) {
  const draw = between(1, 100)
  if (draw <= 88) await commit()
  else if (draw <= 93) await compactOne()
  else if (draw <= 97) await trim()
  else await renew()
}
await store.close()
print({ closed: true })

async function commit() {
  const origin = chance.next() < 0.7 ? store.recovered.replica : other
  const tokens = []
  const entries = Array.from({ length: between(1, 3) }, () => entryOf(origin, tokens))
  await store.commit({ entries, members: [] })
  for (const token of tokens) print(token)
}

function entryOf(origin, tokens) {
  const changes = Array.from({ length: between(1, 2) }, () => {
    const document = documents[between(0, documents.length - 1)]
    const doc = docs.get(document)
    const before = Y.encodeStateVector(doc)
    count += 1
    const token = `${prefix}.${count}`
    doc.transact(() => {
      doc.getMap('tokens').set(token, 'x'.repeat(between(0, 200)))
      doc.getText('text').insert(0, token)
    })
    tokens.push({ document, token })
    return { document, update: Y.encodeStateAsUpdate(doc, before) }
  })
  return seal(origin, changes)
}

function seal(origin, changes) {
  const head = chains.get(origin) ?? store.recovered.heads.get(origin)
  const { seq, hash: previous } = head ?? { seq: 0, hash: '0'.repeat(16) }
  const entry = { dot: { replica: origin, seq: seq + 1 }, deps: headsBut(origin), changes }
  const bytes = encodeEntry(entry)
  const hash = createHash('sha256').update(Buffer.from(previous, 'hex')).update(bytes)
  const sealed = { ...entry, bytes, hash: hash.digest('hex').slice(0, 16) }
  chains.set(origin, { seq: seq + 1, hash: sealed.hash })
  return sealed
}

/** Everything that is held: an edit may build on any of it. */
function headsBut(origin) {
  const heads = new Map([...store.recovered.heads, ...chains])
  heads.delete(origin)
  return new Map([...heads].filter(([, { seq }]) => seq > 0).map(([each, { seq }]) => [each, seq]))
}

async function compactOne() {
  const document = documents[between(0, documents.length - 1)]
  const { updates, end } = await store.readDocument(document)
  const result = compact(updates, { gc: true })
  if (!result.ok) throw new Error(result.reason)
  await store.replace(document, { end, update: result.snapshot })
}

async function trim() {
  const floor = new Map()
  for (const [origin, { seq }] of chains) floor.set(origin, Math.max(0, seq - between(0, 20)))
  await store.trim(floor)
}

async function renew() {
  const old = store.recovered.replica
  const head = chains.get(old)?.seq ?? store.recovered.heads.get(old)?.seq ?? 0
  const back = process.env.CUTS === 'off' ? 0 : between(0, 3)
  await store.renew(Math.max(store.recovered.floors.get(old)?.seq ?? 0, head - back))
  for (const origin of store.recovered.cuts) await cut(origin)
}

/** What is to be cut was published anew by then; here its documents hold it, which is what is looked at. */
async function cut(origin) {
  const { seq } = store.recovered.heads.get(origin) ?? { seq: 0 }
  chains.set(origin, await store.cut(origin, seq))
}

function print(line) {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

async function leaveOutSyncs() {
  const { ClassicLevel } = await import('classic-level')
  const batch = Reflect.get(ClassicLevel.prototype, 'batch')
  ClassicLevel.prototype.batch = function batchWithoutSync(...args) {
    const made = Reflect.apply(batch, this, args)
    if (args.length > 0) return made
    const write = made.write.bind(made)
    made.write = () => write({ sync: false })
    return made
  }
}
