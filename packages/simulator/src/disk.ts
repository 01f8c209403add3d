import {
  CHAIN_START,
  covers,
  type Head,
  type ReplicaId,
  type SealedEntry,
  type Version,
  versionOf,
} from '@rejoin/protocol'
import type {
  Batch,
  EntryRange,
  LooseEntry,
  MemberRecord,
  Recovered,
  SalvagedDocument,
  StoredEntries,
} from '@rejoin/replica'
import * as Y from 'yjs'

import { passingDoc } from './compacted.ts'

/** What a disk holds of one origin: entries after its floor, and maybe loose ones beyond a cut. */
interface OriginLog {
  readonly floor: Head
  readonly entries: readonly SealedEntry[]
  /** The last entry that stays, while those after it are to be published anew. */
  readonly cut?: number
}

interface StoredDocument {
  /** The place of the first update. */
  readonly base: number
  readonly updates: readonly Uint8Array[]
  /** The place of an update that can't be read. */
  readonly damaged?: number
}

type IsGivenUp = (id: ReplicaId) => boolean

const START: OriginLog = { floor: { seq: 0, hash: CHAIN_START }, entries: [] }
const NO_DOCUMENT: StoredDocument = { base: 0, updates: [] }

/**
 * A disk in the open: what is on it survives every crash, and a checker can look at all of it. It is
 * what the port `Store` says, without a promise; values are replaced and never changed, so that a
 * copy of it is a backup.
 */
export class Disk {
  replica: ReplicaId
  #log = new Map<ReplicaId, OriginLog>()
  #documents = new Map<string, StoredDocument>()
  #members = new Map<ReplicaId, MemberRecord>()
  #notes = new Map<string, Uint8Array>()
  /** Where ids are used twice: whether nobody has this one any more. What depends on its entries may lack them. */
  readonly #isGivenUp: IsGivenUp | undefined
  readonly #built = new Map<string, Y.Doc>()

  constructor(replica: ReplicaId, isGivenUp: IsGivenUp | undefined) {
    this.replica = replica
    this.#isGivenUp = isGivenUp
  }

  /** The disk as it is at this moment. */
  backup(): Disk {
    const copy = new Disk(this.replica, this.#isGivenUp)
    copy.#log = new Map(this.#log)
    copy.#documents = new Map(this.#documents)
    copy.#members = new Map(this.#members)
    copy.#notes = new Map(this.#notes)
    return copy
  }

  write({ entries, members, snapshots = [], jumps = new Map(), notes = new Map() }: Batch): void {
    for (const member of members) this.#members.set(member.replica, member)
    for (const { document, update } of snapshots) this.#append(document, update)
    for (const entry of entries) this.#writeEntry(entry)
    for (const [origin, head] of jumps) this.#log.set(origin, { floor: head, entries: [] })
    for (const [name, note] of notes) {
      if (note.length > 0) this.#notes.set(name, note)
      else this.#notes.delete(name)
    }
  }

  #writeEntry(entry: SealedEntry): void {
    const { replica: origin, seq } = entry.dot
    // [L2] each origin's log is a prefix without gaps
    const head = this.#headOf(origin).seq
    if (head + 1 !== seq) throw new Error(`gap: ${origin} has ${head}, then ${seq}`)
    // [L4] everything in its deps is on the disk before it, or earlier in this batch; an own entry may
    // build on documents that came whole, of which the log says nothing yet
    if (origin !== this.replica) this.#checkDeps(entry)
    const log = this.#logOf(origin)
    if (log.cut !== undefined) throw new Error(`${origin} is written to while it is cut`)
    this.#log.set(origin, { ...log, entries: [...log.entries, entry] })
    for (const { document, update } of entry.changes) this.#append(document, update)
  }

  #checkDeps({ dot, deps }: SealedEntry): void {
    for (const [dep, needed] of deps) {
      if (this.#headOf(dep).seq >= needed) continue
      // What was lost with an id can't be waited for.
      if (this.#isGivenUp?.(dep) === true) continue
      throw new Error(`${dot.replica} lacks ${dep}:${needed}`)
    }
  }

  #append(document: string, update: Uint8Array): void {
    const stored = this.#documents.get(document) ?? NO_DOCUMENT
    this.#documents.set(document, { ...stored, updates: [...stored.updates, update] })
    const doc = this.#docOf(document)
    Y.applyUpdate(doc, update)
    // Nothing is stored that builds on something that is not, as long as numbers name one entry each.
    if (this.#isGivenUp !== undefined) return
    if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
      throw new Error(`${document} is stored with a hole`)
    }
  }

  #docOf(document: string): Y.Doc {
    const known = this.#built.get(document)
    if (known !== undefined) return known
    const doc = passingDoc()
    for (const update of this.truth(document)) Y.applyUpdate(doc, update)
    this.#built.set(document, doc)
    return doc
  }

  #logOf(origin: ReplicaId): OriginLog {
    return this.#log.get(origin) ?? START
  }

  #headOf(origin: ReplicaId): Head {
    const { floor, entries, cut = Number.POSITIVE_INFINITY } = this.#logOf(origin)
    if (cut < floor.seq) return START.floor
    const last = entries.filter(({ dot }) => dot.seq <= cut).at(-1)
    return last === undefined ? floor : { seq: last.dot.seq, hash: last.hash }
  }

  stored(): Recovered {
    const cuts = [...this.#log].filter(([, { cut }]) => cut !== undefined)
    return {
      replica: this.replica,
      heads: this.heads(),
      floors: this.#floors(),
      members: [...this.#members.values()],
      notes: new Map(this.#notes),
      cuts: cuts.map(([origin]) => origin),
      problems: [],
    }
  }

  #floors(): Map<ReplicaId, Head> {
    const floors = [...this.#log].map(([origin, { floor }]) => [origin, floor] as const)
    return new Map(floors.filter(([, { seq }]) => seq > 0))
  }

  heads(): Map<ReplicaId, Head> {
    const heads = [...this.#log.keys()].map((origin) => [origin, this.#headOf(origin)] as const)
    return new Map(heads.filter(([, { seq }]) => seq > 0))
  }

  version(): Map<ReplicaId, number> {
    return versionOf(this.heads())
  }

  /** Whether its documents may hold more than its version says, as it is brought up by documents. */
  get isAhead(): boolean {
    return this.#notes.size > 0
  }

  /** Whether `other` holds all that is in this disk's documents and has left its log. */
  isCoveredBy(other: Disk): boolean {
    const floors = [...this.#log].map(([origin, { floor }]) => [origin, floor.seq] as const)
    return this.#notes.size === 0 && covers(other.version(), new Map(floors))
  }

  entries(): SealedEntry[] {
    return [...this.#log.values()].flatMap(({ entries }) => entries)
  }

  get #isDamaged(): boolean {
    return this.names.some((name) => this.document(name) === undefined)
  }

  /** How much there is to trim: what is damaged may be left in the log alone. */
  logBytes(): number {
    if (this.#isDamaged) return 0
    return this.entries().reduce((bytes, entry) => bytes + entry.bytes.length, 0)
  }

  read(origin: ReplicaId, { from, to, bytesMax }: EntryRange): StoredEntries {
    const { floor, entries } = this.#logOf(origin)
    const head = this.#headOf(origin).seq
    const asked = entries.filter(({ dot }) => dot.seq >= from && dot.seq <= Math.min(to, head))
    const previous = entries.find(({ dot }) => dot.seq === from - 1)?.hash
    if (previous === undefined && floor.seq !== from - 1)
      return { previous: CHAIN_START, entries: [] }
    return {
      previous: previous ?? floor.hash,
      entries: upTo(bytesMax, asked).map(({ bytes }) => bytes),
    }
  }

  readLoose(origin: ReplicaId, seq: number, bytesMax: number): LooseEntry[] {
    const after = this.#logOf(origin).entries.filter(({ dot }) => dot.seq > seq)
    return upTo(bytesMax, after).map(({ dot, bytes }) => ({ seq: dot.seq, bytes }))
  }

  cut(origin: ReplicaId, seq: number): Head {
    const { floor, entries } = seq === 0 ? START : this.#logOf(origin)
    this.#log.set(origin, { floor, entries: entries.filter(({ dot }) => dot.seq <= seq) })
    return this.#headOf(origin)
  }

  trim(version: Version): Map<ReplicaId, Head> {
    // Damage may have come since it was measured.
    for (const [origin, seq] of this.#isDamaged ? [] : version) {
      const log = this.#logOf(origin)
      const last = log.entries.filter(({ dot }) => dot.seq <= seq).at(-1)
      if (last === undefined) continue
      const floor = { seq: last.dot.seq, hash: last.hash }
      const entries = log.entries.filter(({ dot }) => dot.seq > seq)
      this.#log.set(origin, { ...log, floor, entries })
    }
    return this.#floors()
  }

  renew(id: ReplicaId, keep: number): void {
    const old = this.replica
    const log = this.#logOf(old)
    const version = this.#members.get(old)?.version ?? new Map()
    this.#members.set(old, { replica: old, address: '', version, retired: true })
    const head = this.#headOf(old).seq
    const cut = keep < log.floor.seq ? 0 : keep
    if (head > keep) this.#log.set(old, { ...log, cut })
    this.replica = id
  }

  get names(): string[] {
    return [...this.#documents.keys()]
  }

  /** Everything that was ever written to a document, damaged or not. */
  truth(document: string): readonly Uint8Array[] {
    return this.#documents.get(document)?.updates ?? []
  }

  /** `undefined` when it can't be read. */
  document(document: string): readonly Uint8Array[] | undefined {
    const stored = this.#documents.get(document) ?? NO_DOCUMENT
    return stored.damaged === undefined ? stored.updates : undefined
  }

  /** Makes one update of a document unreadable. */
  damage(document: string, place: number): void {
    const stored = this.#documents.get(document)
    if (stored === undefined || stored.damaged !== undefined) return
    this.#documents.set(document, { ...stored, damaged: place % stored.updates.length })
  }

  salvage(document: string): SalvagedDocument {
    const { base, updates, damaged } = this.#documents.get(document) ?? NO_DOCUMENT
    const whole = updates.filter((_, place) => place !== damaged)
    const changes = this.entries().flatMap((entry) => entry.changes)
    const logged = changes.filter((change) => change.document === document)
    const end = base + updates.length
    const missing = new Map([...this.#floors()].map(([origin, { seq }]) => [origin, seq]))
    return { updates: [...whole, ...logged.map(({ update }) => update)], end, missing }
  }

  replace(document: string, end: number, update: Uint8Array): void {
    const { base, updates } = this.#documents.get(document) ?? NO_DOCUMENT
    if (end <= base) return
    const later = updates.slice(end - base)
    this.#documents.set(document, { base: end - 1, updates: [update, ...later] })
    const doc = this.#docOf(document)
    Y.applyUpdate(doc, update)
  }

  /** The place after the last update of a document. */
  endOf(document: string): number {
    const { base, updates } = this.#documents.get(document) ?? NO_DOCUMENT
    return base + updates.length
  }

  holdsToken(document: string, token: string): boolean {
    return this.#docOf(document).getMap('tokens').get(token) === true
  }
}

/** As many of them as `bytesMax` allows, and one where there is one. */
function upTo(bytesMax: number, entries: readonly SealedEntry[]): SealedEntry[] {
  let bytes = 0
  return entries.filter((entry, at) => {
    bytes += entry.bytes.length
    return at === 0 || bytes <= bytesMax
  })
}
