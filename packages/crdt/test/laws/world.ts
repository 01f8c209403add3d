import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as sync from 'y-protocols/sync'
import * as Y from 'yjs'

import { bind, schema, type Type } from '../../src/index.ts'
import { Ledger } from '../../src/ledger/ledger.ts'
import { Copy, hasTrace, traceOf, type Trace } from './copy.ts'
import type { Operation } from './history.ts'
import type { Law } from './law.ts'
import type { Random } from './random.ts'

interface Message {
  readonly from: number
  readonly update: Uint8Array
}

const START_MS = 1_700_000_000_000

/**
 * Three to seven copies of a document and what lies between them: updates that come late, in another
 * order, twice or never, partitions, copies that restart, clocks that are wrong; and the stock sync
 * protocol, which mends it all.
 */
export class World<V, A> {
  readonly copies: readonly Copy<V>[]
  readonly history: (Operation<A> & { readonly trace: Trace })[] = []
  readonly #law: Law<V, A>
  readonly #random: Random
  readonly #inboxes: Message[][]
  readonly #updates: Uint8Array[] = []
  /** The side of the partition that each copy is on. */
  #sides: number[]
  #nowMs = START_MS

  constructor(law: Law<V, A>, type: Type<V, unknown>, random: Random) {
    this.#law = law
    this.#random = random
    const count = random.between(3, 7)
    this.#inboxes = Array.from({ length: count }, () => [])
    this.#sides = this.#inboxes.map(() => 0)
    this.copies = this.#inboxes.map((_, at) => this.#copy(at, type))
  }

  step(): void {
    const random = this.#random
    this.#nowMs += random.below(50)
    const dice = random.below(100)
    if (dice < 40) this.#act(random.below(this.copies.length))
    else if (dice < 85) this.#deliver(random.below(this.copies.length))
    else if (dice < 92)
      this.#sync(random.below(this.copies.length), random.below(this.copies.length))
    else if (dice < 96) this.copies[random.below(this.copies.length)]?.restart()
    else if (dice < 98) this.#sides = this.#sides.map(() => random.below(2))
    else this.#sides = this.#sides.map(() => 0)
  }

  /** Everybody gets everything. */
  heal(): void {
    this.#sides = this.#sides.map(() => 0)
    for (let round = 0; round < 2; round++) {
      for (let at = 1; at < this.copies.length; at++) this.#sync(0, at)
    }
  }

  /** A copy that never lived: made of all updates, merged without a document. */
  newcomer(type: Type<V, unknown>): V {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Y.mergeUpdates(this.#updates))
    return (bind(schema({ it: type }), doc) as { readonly it: V }).it
  }

  #copy(at: number, type: Type<V, unknown>): Copy<V> {
    const skewMs = this.#random.between(-2_000, 2_000)
    return new Copy(`w${at}`, type, {
      now: () => this.#nowMs + skewMs,
      send: (update) => this.#send(at, update),
      gc: this.#random.chance(0.8),
      newClient: () => this.#random.below(0x7fffffff),
    })
  }

  #send(from: number, update: Uint8Array): void {
    this.#updates.push(update)
    this.#inboxes.forEach((inbox, to) => {
      // What is lost is made good by a later sync.
      if (to !== from && !this.#random.chance(0.05)) inbox.push({ from, update })
    })
  }

  #act(at: number): void {
    const copy = this.copies[at] as Copy<V>
    // What a copy sees while it waits for a gap to close, no operation could name.
    if (copy.waits) return
    const sees = this.history.filter(({ trace }) => hasTrace(copy.doc, trace))
    const { nowMs, writer } = copy
    const { lineage } = Ledger.of(copy.doc)
    const site = {
      writer,
      writers: this.copies.map((each) => each.writer),
      written: (act: () => void) => written(copy.doc, act),
      updates: (act: () => void) => updates(copy.doc, act),
    }
    let what: A | undefined
    const trace = traceOf(copy.doc, () => {
      what = this.#law.act(copy.view, this.#random, site)
    })
    if (what === undefined) return
    this.history.push({
      id: this.history.length,
      writer,
      lineage,
      nowMs,
      sees: new Set(sees.map(({ id }) => id)),
      what,
      trace,
    })
  }

  #deliver(to: number): void {
    const inbox = this.#inboxes[to] ?? []
    const message = this.#random.pick(inbox)
    if (message === undefined || this.#sides[message.from] !== this.#sides[to]) return
    if (!this.#random.chance(0.1)) inbox.splice(inbox.indexOf(message), 1)
    this.copies[to]?.receive(message.update)
  }

  /** As the stock y-websocket provider does it, both ways. */
  #sync(a: number, b: number): void {
    const [one, other] = [this.copies[a], this.copies[b]]
    if (one === undefined || other === undefined || this.#sides[a] !== this.#sides[b]) return
    for (const [asks, answers] of [
      [one, other],
      [other, one],
    ] as const) {
      const question = encoding.createEncoder()
      sync.writeSyncStep1(question, asks.doc)
      const answer = encoding.createEncoder()
      sync.readSyncMessage(decoderOf(question), answer, answers.doc, 'peer')
      sync.readSyncMessage(decoderOf(answer), encoding.createEncoder(), asks.doc, 'peer')
    }
  }
}

function decoderOf(encoder: encoding.Encoder): decoding.Decoder {
  return decoding.createDecoder(encoding.toUint8Array(encoder))
}

/** The tokens that one act put into a document. */
function written(doc: Y.Doc, act: () => void): unknown[][] {
  const before = Y.decodeStateVector(Y.encodeStateVector(doc))
  act()
  const tokens: unknown[][] = []
  for (const [client, end] of Y.decodeStateVector(Y.encodeStateVector(doc))) {
    for (let clock = before.get(client) ?? 0; clock < end; clock++) {
      const { content, id } = Y.getItem(doc.store, Y.createID(client, clock))
      if (content instanceof Y.ContentAny) tokens.push(content.arr[clock - id.clock] as unknown[])
    }
  }
  return tokens
}

function updates(doc: Y.Doc, act: () => void): Uint8Array[] {
  const made: Uint8Array[] = []
  // What the ledger tidies up after a change is no change, nor does it make one of nothing.
  const note = (update: Uint8Array, origin: unknown): void => {
    if (!(origin instanceof Ledger)) made.push(update)
  }
  doc.on('update', note)
  act()
  doc.off('update', note)
  return made
}
