import { encodeReplicaMessage, encodeEntry, seal, type ReplicaId } from '@rejoin/protocol'
import { expect, test } from 'vitest'
import * as Y from 'yjs'

import { helloOf } from './peers.ts'
import { Stage, type Actor } from './stage.ts'

// Situations of the protocol as text that a person can follow. A change to them is reviewed as a
// diff: `npx vitest run --config test/vitest.config.ts transcripts -u` writes them anew.
async function matches(stage: Stage, name: string): Promise<void> {
  const text = `${stage.lines.join('\n').trim()}\n`
  await expect(text).toMatchFileSnapshot(`./transcripts/${name}.txt`)
}

/** Somebody who types into `notes` at a replica, with a Yjs client id of their own. */
class Typist {
  readonly doc = new Y.Doc()
  readonly #stage: Stage
  readonly #actor: Actor
  readonly session: number
  #ref = 0

  constructor(stage: Stage, actor: Actor, options: { name: string; client: number }) {
    this.doc.clientID = options.client
    this.#stage = stage
    this.#actor = actor
    this.session = stage.attach(actor, options.name)
    const stateVector = Uint8Array.of(0)
    stage.step(actor, { type: 'open', session: this.session, document: 'notes', stateVector })
    stage.pass(1)
  }

  /** The update of typing `text` at `index`. */
  typed(index: number, text: string): Uint8Array {
    let typed = new Uint8Array()
    this.doc.once('update', (update: Uint8Array) => {
      typed = new Uint8Array(update)
    })
    this.doc.getText('content').insert(index, text)
    return typed
  }

  send(update: Uint8Array): void {
    this.#ref += 1
    const [session, ref] = [this.session, this.#ref]
    this.#stage.step(this.#actor, { type: 'edit', session, document: 'notes', ref, update })
  }

  type(index: number, text: string): void {
    this.send(this.typed(index, text))
  }
}

test('[L3] [L6] two replicas meet, and an edit becomes stable', async () => {
  const stage = new Stage()
  stage.say('a is alone; somebody types')
  const a = stage.replica('a', ['b'])
  const ann = new Typist(stage, a, { name: 'ann', client: 1 })
  ann.type(0, 'hello')
  stage.pass(10)
  stage.say('b starts, and a dials it when its time comes')
  stage.replica('b')
  stage.pass(1_000)
  stage.say('an edit while both are up: pushed at once, then told')
  ann.type(5, ' world')
  stage.pass(100)
  stage.write(`a knows that R is ${JSON.stringify([...a.engine.stability.stable.values()])}`)
  await matches(stage, 'two-replicas-meet')
})

test('[L1] [L2] [L5] cut, typed on both sides, mended: each asks for what it lacks', async () => {
  const stage = new Stage()
  const [a, b] = [stage.replica('a', ['b']), stage.replica('b')]
  stage.pass(1_000)
  const [ann, bob] = [
    new Typist(stage, a, { name: 'ann', client: 1 }),
    new Typist(stage, b, { name: 'bob', client: 2 }),
  ]
  ann.type(0, 'ann was here. ')
  stage.pass(100)
  stage.lines.length = 0
  stage.say('a cuts the link')
  stage.step(a, { type: 'cut', peer: b.id })
  stage.pass(50)
  stage.say('both type')
  ann.type(14, 'alone')
  bob.type(0, 'bob too. ')
  stage.pass(300)
  stage.say('a mends it')
  stage.step(a, { type: 'mended', peer: b.id })
  stage.pass(300)
  expect(a.engine.stability.divergence).toBe(0)
  await matches(stage, 'cut-and-mended')
})

test('[L6] round a cut cable, through the third', async () => {
  const stage = new Stage()
  const [a, b, c] = [stage.replica('a', ['b']), stage.replica('b', ['c']), stage.replica('c')]
  stage.pass(1_500)
  stage.step(a, { type: 'cut', peer: b.id })
  stage.pass(200)
  stage.lines.length = 0
  stage.say('a and b are cut; ann types at a')
  new Typist(stage, a, { name: 'ann', client: 1 }).type(0, 'hi')
  stage.pass(600)
  for (const each of [a, b, c]) {
    stage.write(`${each.name} has ${JSON.stringify([...each.engine.version.values()])}`)
    expect(each.engine.stability.divergence).toBe(0)
  }
  await matches(stage, 'round-a-cut-cable')
})

test('[L4] an entry that overtakes what it depends on waits for it', async () => {
  const stage = new Stage()
  const [a, b] = [stage.replica('a', ['b']), stage.replica('b')]
  stage.pass(1_000)
  const bob = new Typist(stage, b, { name: 'bob', client: 2 })
  stage.lines.length = 0
  stage.say('a brings an entry of c that depends on one of d, which b lacks')
  const [c, d] = ['c'.repeat(16) as ReplicaId, 'd'.repeat(16) as ReplicaId]
  const doc = new Y.Doc()
  doc.clientID = 9
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  doc.getText('content').insert(0, 'cause')
  doc.getText('content').insert(5, ', effect')
  const [cause, effect] = updates.map((update) => [{ document: 'notes', update }])
  const previous = '0'.repeat(16)
  const later = { dot: { replica: c, seq: 1 }, deps: new Map([[d, 1]]), changes: effect ?? [] }
  const first = { dot: { replica: d, seq: 1 }, deps: new Map(), changes: cause ?? [] }
  for (const entry of [later, first]) {
    const entries = [encodeEntry(entry)]
    stage.forge(a, b, encodeReplicaMessage({ type: 'entries', previous, entries }))
    stage.pass(20)
  }
  expect([...b.engine.version.keys()].toSorted()).toEqual([c, d])
  expect(bob.session).toBeGreaterThan(0)
  await matches(stage, 'effect-before-cause')
})

test('[L4] [L8] what builds on an entry that nobody has any more does not wait for it', async () => {
  const stage = new Stage()
  const [a, b] = [stage.replica('a', ['b']), stage.replica('b')]
  stage.pass(1_000)
  stage.lines.length = 0
  stage.say('a brings an entry of c that depends on one of d, which nobody has')
  const [c, d] = ['c'.repeat(16) as ReplicaId, 'd'.repeat(16) as ReplicaId]
  const doc = new Y.Doc()
  doc.clientID = 9
  doc.getText('content').insert(0, 'effect')
  const changes = [{ document: 'notes', update: Y.encodeStateAsUpdate(doc) }]
  const entries = [encodeEntry({ dot: { replica: c, seq: 1 }, deps: new Map([[d, 1]]), changes })]
  const previous = '0'.repeat(16)
  stage.forge(a, b, encodeReplicaMessage({ type: 'entries', previous, entries }))
  stage.pass(20)
  expect([...b.engine.version.keys()]).toEqual([])
  stage.say('somebody tells b that both ids were given up')
  stage.step(b, { type: 'retire', replica: c, state: 'removed' })
  stage.step(b, { type: 'retire', replica: d, state: 'removed' })
  stage.pass(20)
  expect([...b.engine.version.keys()]).toEqual([c])
  await matches(stage, 'effect-without-cause')
})

test('[L7] a replica that is behind the floor of the log is brought up by documents', async () => {
  const stage = new Stage()
  const a = stage.replica('a')
  const ann = new Typist(stage, a, { name: 'ann', client: 1 })
  for (const text of ['one. ', 'two. ', 'three. ', 'four. ']) {
    ann.type(0, text)
    stage.pass(50)
  }
  stage.say('the log of a is over what it keeps')
  a.logBytes = 1_500_000
  stage.pass(10_000)
  a.logBytes = 0
  ann.type(0, 'five. ')
  stage.pass(50)
  stage.lines.length = 0
  stage.say('a no longer has the first entries; b is new')
  const b = stage.replica('b', ['a'])
  stage.pass(1_000)
  expect(b.engine.version).toEqual(a.engine.version)
  expect(b.engine.stability.divergence).toBe(0)
  await matches(stage, 'behind-the-floor')
})

test('[S3] a damaged document is put together again from a peer', async () => {
  const stage = new Stage()
  const [a, b] = [stage.replica('a', ['b']), stage.replica('b')]
  stage.pass(1_000)
  const ann = new Typist(stage, a, { name: 'ann', client: 1 })
  ann.type(0, 'one. ')
  stage.pass(100)
  ann.type(0, 'two. ')
  stage.pass(100)
  const { store } = b
  store.damaged.add('notes')
  stage.restart(b, store)
  stage.pass(2_000)
  stage.lines.length = 0
  stage.say('nothing of notes can be read at b; bob opens it')
  const bob = new Typist(stage, b, { name: 'bob', client: 2 })
  stage.pass(500)
  expect(b.engine.damagedDocuments).toEqual([])
  stage.say('bob opens it again')
  const again = new Typist(stage, b, { name: 'bob', client: 3 })
  stage.pass(50)
  expect(again.session).toBe(bob.session + 1)
  await matches(stage, 'a-document-is-repaired')
})

test('[S3] [X3] a peer that can not help with a damaged document is not asked without end', () => {
  const stage = new Stage()
  const [a, b] = [stage.replica('a', ['b']), stage.replica('b')]
  stage.pass(1_000)
  const ann = new Typist(stage, a, { name: 'ann', client: 1 })
  ann.type(0, 'one. ')
  stage.pass(100)
  a.store.documents.clear()
  b.store.damaged.add('notes')
  stage.step(b, { type: 'damaged', document: 'notes' })
  const askedIn = (ms: number): number => {
    stage.lines.length = 0
    stage.pass(ms)
    return stage.lines.filter((line) => line.includes('b → a  fetch')).length
  }
  // At once, then after four heartbeats of a's, and then each time after twice as many.
  expect(askedIn(15_000)).toBe(1)
  expect(askedIn(15_000)).toBe(1)
  expect(askedIn(40_000)).toBe(1)
  expect(askedIn(75_000)).toBe(1)
  expect(askedIn(60_000)).toBe(0)
  // It may be able to help as soon as it holds more.
  ann.type(1, 'two. ')
  expect(askedIn(1_000)).toBe(1)
  expect(b.engine.damagedDocuments).toEqual(['notes'])
})

test('[L8] two that run on copies of one disk take other ids, and lose nothing', async () => {
  const stage = new Stage()
  const a = stage.replica('a')
  const ann = new Typist(stage, a, { name: 'ann', client: 1 })
  ann.type(0, 'before. ')
  stage.pass(50)
  const b = stage.replica('b', ['a'], a)
  new Typist(stage, b, { name: 'bob', client: 2 }).type(0, 'there. ')
  ann.type(0, 'here. ')
  stage.lines.length = 0
  stage.say('b runs on a copy of a’s disk; both have typed since, and meet')
  stage.pass(8_000)
  expect(a.id).not.toBe(b.id)
  expect(a.store.heads).toEqual(b.store.heads)
  expect(a.store.heads.size).toBe(2)
  expect(a.engine.stability.divergence).toBe(0)
  await matches(stage, 'a-disk-that-was-copied')
})

test('[L8] a disk that was put back takes another id, and gets what it had lost', async () => {
  const stage = new Stage()
  const [a, b] = [stage.replica('a', ['b']), stage.replica('b')]
  stage.pass(1_000)
  const ann = new Typist(stage, a, { name: 'ann', client: 1 })
  ann.type(0, 'saved. ')
  stage.pass(200)
  const backup = a.store.copy()
  ann.type(0, 'since then. ')
  stage.pass(200)
  stage.lines.length = 0
  stage.say('a starts again with what it had before its last edit, which b has')
  stage.restart(a, backup)
  stage.pass(6_000)
  expect(a.id).not.toBe('a'.repeat(16))
  expect(a.store.heads).toEqual(b.store.heads)
  expect(a.engine.stability.divergence).toBe(0)
  await matches(stage, 'a-disk-that-was-put-back')
})

test('[X4] a stock client types before it was asked for what it has', async () => {
  const stage = new Stage()
  const a = stage.replica('a')
  const ann = new Typist(stage, a, { name: 'ann', client: 1 })
  const offline = ann.typed(0, 'offline, ')
  stage.say('what ann typed offline is not sent yet; her next keystroke is')
  ann.send(ann.typed(9, 'online'))
  stage.pass(20)
  stage.say('she answers with what is missing')
  ann.send(offline)
  stage.pass(40)
  await matches(stage, 'a-stock-client-runs-ahead')
})

test('[X2] [L8] what peers must not do is refused, and the link closed', async () => {
  const stage = new Stage()
  stage.say('a is told to dial itself')
  const a = stage.replica('a', ['a', 'b'])
  stage.pass(5)
  const b = stage.replica('b')
  stage.pass(2_000)
  const misdeeds: readonly [string, Uint8Array][] = [
    ['a frame that was changed on its way', have(b.id, 1).fill(7, 1, 2)],
    ['bytes without a meaning', seal(Uint8Array.of(99, 1, 2, 0, 0, 0, 0))],
    ['a frame that ends too early', seal(Uint8Array.of(3, 0, 0, 0, 0, 0))],
    ['a second hello', encodeReplicaMessage(helloOf(b.id))],
    ['an update that is none', badEntry(b.id)],
    ['more of a than a has', have(a.id, 7)],
  ]
  for (const [what, frame] of misdeeds) {
    stage.say(`b sends ${what}`)
    stage.forge(b, a, frame)
    stage.pass(2_000)
  }
  const lines = stage.lines.filter((line) => /^#|closes|bytes that|gives up|keeps of/.test(line))
  stage.lines.splice(0, stage.lines.length, ...lines)
  expect([...a.engine.version]).toEqual([])
  await matches(stage, 'misdeeds')
})

function have(replica: ReplicaId, seq: number): Uint8Array {
  const heads = new Map([[replica, { seq, hash: 'f'.repeat(16) }]])
  return encodeReplicaMessage({ type: 'have', heads, members: new Map() })
}

function badEntry(replica: ReplicaId): Uint8Array {
  const changes = [{ document: 'notes', update: Uint8Array.of(1, 2, 3) }]
  const entry = encodeEntry({ dot: { replica, seq: 1 }, deps: new Map(), changes })
  const previous = '0'.repeat(16)
  return encodeReplicaMessage({ type: 'entries', previous, entries: [entry] })
}
