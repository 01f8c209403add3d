import { CHAIN_START, type Head, type Heads, type ReplicaId, type Version } from '@rejoin/protocol'
import type { Batch, MemberRecord, Recovered } from '@rejoin/replica'

import { adopt, findPlace } from './adoption.ts'
import type { Batches, Writing } from './batches.ts'
import type { Database } from './database.ts'
import { DocumentPlaces } from './document-places.ts'
import { putChanges, putRecord } from './document-writing.ts'
import * as keys from './keys.ts'
import { readLogRecord } from './log-scan.ts'
import { mintId, putFloor, putMember, putReplicaId, retiredMember, type Opened } from './opening.ts'
import { seal } from './seal.ts'
import { encodeHead, encodeLogRecord } from './values.ts'

/** The changes that can be made while a database is open; each is called when the one before has ended. */
export class Session {
  recovered: Recovered
  readonly #database: Database
  readonly #batches: Batches
  readonly #places: DocumentPlaces
  readonly #heads: Map<ReplicaId, Head>
  readonly #floors: Map<ReplicaId, Head>
  readonly #members: Map<ReplicaId, MemberRecord>
  readonly #cuts: Set<ReplicaId>
  readonly #notes: Map<string, Uint8Array>
  /** Bytes of entries since it was opened: LevelDB does not count what is not in its tables yet. */
  appendedBytes = 0

  constructor({ database, batches, recovered }: Opened) {
    this.#database = database
    this.#batches = batches
    this.recovered = recovered
    this.#heads = new Map(recovered.heads)
    this.#floors = new Map(recovered.floors)
    this.#members = new Map(recovered.members.map((member) => [member.replica, member]))
    this.#cuts = new Set(recovered.cuts)
    this.#notes = new Map(recovered.notes)
    this.#places = new DocumentPlaces(async (document) => {
      const found = await findPlace(database, document)
      if (found === 'new') return undefined
      return found ?? (await adopt(database, batches, document))
    })
  }

  /** An entry in the log can't be read: peers that lack it get documents instead. */
  foundDamage(origin: ReplicaId, seq: number): void {
    const { problems } = this.recovered
    if (problems.some((problem) => problem.kind === 'damaged-log' && problem.origin === origin))
      return
    const message = `Entry ${seq} of origin ${origin} can't be read; its documents hold what was in it.`
    this.recovered = {
      ...this.recovered,
      problems: [...problems, { kind: 'damaged-log', origin, message }],
    }
  }

  get floors(): Heads {
    return this.#floors
  }

  async commit(batch: Batch): Promise<void> {
    const changes = [...(batch.snapshots ?? []), ...batch.entries.flatMap((entry) => entry.changes)]
    const names = new Set(changes.map(({ document }) => document))
    const places = await this.#places.lookUp(names)
    const heads = headsAfter(batch)
    const growth = {
      documents: names.size - places.size,
      entries: this.#growthTo(heads),
      members: batch.members.filter(({ replica }) => !this.#members.has(replica)).length,
    }
    await this.#batches.write(growth, (writing) => {
      putChanges(writing, places, changes)
      putBatch(writing, batch)
    })
    this.#places.remember(places)
    for (const [origin, head] of heads) this.#heads.set(origin, head)
    for (const [origin, head] of batch.jumps ?? []) this.#floors.set(origin, head)
    for (const member of batch.members) this.#members.set(member.replica, member)
    for (const [name, note] of batch.notes ?? []) {
      if (note.length > 0) this.#notes.set(name, note)
      else this.#notes.delete(name)
    }
    this.appendedBytes += batch.entries.reduce((sum, { bytes }) => sum + bytes.length, 0)
    for (const [origin, { seq }] of batch.jumps ?? []) await this.#clearUpTo(origin, seq)
  }

  /** By how much the sum of the heads' numbers grows. */
  #growthTo(heads: Heads): number {
    let growth = 0
    for (const [origin, { seq }] of heads) growth += seq - (this.#heads.get(origin)?.seq ?? 0)
    return growth
  }

  /** Entries that a floor has covered already go for good; after a crash opening does it. */
  async #clearUpTo(origin: ReplicaId, seq: number): Promise<void> {
    await this.#database.clear({ gte: keys.logKey(origin, 0), lte: keys.logKey(origin, seq) })
  }

  async replace(document: string, by: { end: number; update: Uint8Array }): Promise<void> {
    const { end, update } = by
    const places = await this.#places.lookUp([document])
    const place = places.get(document)
    // What covers more has taken the place of these already; a place before the first would be a gap.
    if (place === undefined || end <= place.clocks.first) return
    const { gte } = keys.updatesOf(document)
    const old = await this.#database.keys({ gte, lt: keys.updateKey(document, end) }).all()
    const replaced = {
      vector: place.vector,
      clocks: { first: end - 1, next: Math.max(place.clocks.next, end) },
    }
    await this.#batches.write({}, (writing) => {
      for (const key of old) writing.del(key)
      const key = keys.updateKey(document, end - 1)
      writing.put(key, seal(key, update))
      putRecord(writing, document, replaced)
    })
    this.#places.remember(new Map([[document, replaced]]))
  }

  async trim(version: Version): Promise<Heads> {
    const floors = new Map<ReplicaId, Head>()
    for (const [origin, seq] of version) {
      const head = this.#heads.get(origin)?.seq ?? 0
      const floor = this.#floors.get(origin)?.seq ?? 0
      const upTo = Math.min(seq, head)
      if (upTo <= floor) continue
      const record = await readLogRecord(this.#database, origin, upTo)
      if (record !== undefined) floors.set(origin, { seq: upTo, hash: record.hash })
    }
    if (floors.size === 0) return this.#floors
    await this.#batches.write({}, (writing) => {
      for (const [origin, floor] of floors) putFloor(writing, origin, floor)
    })
    for (const [origin, floor] of floors) {
      this.#floors.set(origin, floor)
      await this.#clearUpTo(origin, floor.seq)
    }
    return new Map(this.#floors)
  }

  async cut(origin: ReplicaId, seq: number): Promise<Head> {
    const head = await this.#headAt(origin, seq)
    const range = {
      gt: keys.logKey(origin, seq),
      lte: keys.logKey(origin, Number.MAX_SAFE_INTEGER),
    }
    const cut = await this.#database.keys(range).all()
    const entries = this.#growthTo(new Map([[origin, head]]))
    await this.#batches.write({ entries }, (writing) => {
      for (const key of cut) writing.del(key)
      writing.del(keys.cutKey(origin))
      if (seq === 0) writing.del(keys.floorKey(origin))
    })
    this.#heads.set(origin, head)
    if (seq === 0) this.#floors.delete(origin)
    this.#cuts.delete(origin)
    return head
  }

  async #headAt(origin: ReplicaId, seq: number): Promise<Head> {
    if (seq === 0) return { seq: 0, hash: CHAIN_START }
    const head = this.#heads.get(origin)
    if (head?.seq === seq) return head
    const floor = this.#floors.get(origin) ?? { seq: 0, hash: CHAIN_START }
    if (floor.seq === seq) return floor
    const record = await readLogRecord(this.#database, origin, seq)
    if (record === undefined) throw new Error(`the log of ${origin} has no entry ${seq}`)
    return { seq, hash: record.hash }
  }

  async renew(upTo: number): Promise<Recovered> {
    const old = this.recovered.replica
    // What has left the log can't be told from what others have under the same numbers.
    const keep = upTo < (this.#floors.get(old)?.seq ?? 0) ? 0 : upTo
    const replica = mintId()
    const retired = retiredMember(this.#members, old)
    const head = this.#heads.get(old)
    const cut = head !== undefined && head.seq > keep ? await this.#headAt(old, keep) : undefined
    const entries = cut === undefined ? 0 : this.#growthTo(new Map([[old, cut]]))
    const members = this.#members.has(old) ? 0 : 1
    await this.#batches.write({ entries, members }, (writing) => {
      putReplicaId(writing, replica)
      putMember(writing, retired)
      if (cut === undefined) return
      const key = keys.cutKey(old)
      writing.put(key, encodeHead(key, cut))
    })
    this.#members.set(old, retired)
    if (cut !== undefined) {
      this.#heads.set(old, cut)
      this.#cuts.add(old)
    }
    this.recovered = this.#now(replica)
    return this.recovered
  }

  #now(replica: ReplicaId): Recovered {
    return {
      replica,
      heads: new Map([...this.#heads].filter(([, { seq }]) => seq > 0)),
      floors: new Map(this.#floors),
      members: [...this.#members.values()],
      notes: new Map(this.#notes),
      cuts: [...this.#cuts],
      problems: this.recovered.problems,
    }
  }
}

/** Where each origin that a batch is about stands after it. */
function headsAfter({ entries, jumps }: Batch): Map<ReplicaId, Head> {
  const heads = new Map<ReplicaId, Head>()
  for (const { dot, hash } of entries) heads.set(dot.replica, { seq: dot.seq, hash })
  for (const [origin, head] of jumps ?? []) heads.set(origin, head)
  return heads
}

function putBatch(writing: Writing, { entries, members, jumps, notes }: Batch): void {
  for (const entry of entries) {
    const key = keys.logKey(entry.dot.replica, entry.dot.seq)
    writing.put(key, encodeLogRecord(key, entry))
  }
  for (const member of members) putMember(writing, member)
  for (const [origin, head] of jumps ?? []) putFloor(writing, origin, head)
  for (const [name, note] of notes ?? []) {
    const key = keys.noteKey(name)
    if (note.length > 0) writing.put(key, seal(key, note))
    else writing.del(key)
  }
}
