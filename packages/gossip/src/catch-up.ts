import {
  covers,
  decodeWith,
  EMPTY_VERSION,
  encodeReplicaMessage,
  encodeWith,
  join,
  LIMITS,
  readHeads,
  readVersion,
  seqOf,
  versionOf,
  write,
  writeHeads,
  writeVersion,
  type Change,
  type Documents,
  type Heads,
  type ReplicaId,
  type Version,
} from '@rejoin/protocol'

import { Assembly } from './assembly.ts'
import type { Doubt, Emit, LogView } from './events.ts'
import type { OpenLink } from './link.ts'
import type { Links } from './links.ts'

/** How far it has come with one source. */
interface Progress {
  readonly source: ReplicaId
  /** What the source held before it read the first document; all that it sends holds at least that. */
  base: Heads
  /** The last document that came whole, in the source's order. */
  document: string
}

/** What is kept on disk. */
interface Note {
  readonly progress: Progress | undefined
  readonly ahead: Version
  readonly isMixed: boolean
}

/** A conversation with the source. */
interface Running {
  readonly link: OpenLink
  readonly assembly: Assembly
  /** Whether the source has sent everything. */
  done: boolean
  /** The number of what it brought last, while that is on its way to the disk. */
  handed: number | undefined
  /** Whether nothing was handed on before that. */
  isFirst: boolean
}

/** The name of the note that the store keeps for this. */
export const CATCH_UP_NOTE = 'catch-up'

/**
 * Catching up behind a peer's floor (rule L7): entries that have left its log can't be asked for, so
 * its documents are, all of them, one chunk after the other. When the last one is durable, this
 * replica holds everything that the source held at the beginning, and its version jumps there. Broken
 * links and restarts go on where they were, with the same source; another one starts over, as its
 * documents come in another order. Meanwhile entries of all other origins flow as ever.
 *
 * The documents that have come show what the version does not say yet, and somebody may edit on top of
 * it. Such an edit depends on all that its source held then (`ahead`): rule L4 holds for those who get it.
 *
 * Where the log jumps over entries that it held, or documents of another source came first, nobody can tell
 * any more whether those were the same entries (rule L1): the documents themselves are to be compared.
 */
export class CatchUp {
  readonly #links: Links
  readonly #log: LogView
  readonly #emit: Emit
  #progress: Progress | undefined
  /** What was applied when that began, or when it went on after a restart. */
  #since: Version
  /** What the documents may hold beyond this replica's version. */
  #ahead: Version
  /** Whether documents here hold what came with those of another source, and no entry of this log says. */
  #isMixed: boolean
  #running: Running | undefined
  #lastChunk = 0
  #behind: ReadonlySet<ReplicaId> = new Set()

  constructor(options: { links: Links; log: LogView; emit: Emit; note: Uint8Array | undefined }) {
    this.#links = options.links
    this.#log = options.log
    this.#emit = options.emit
    const note = options.note === undefined ? undefined : decodeNote(options.note)
    this.#progress = note?.progress
    this.#ahead = note?.ahead ?? EMPTY_VERSION
    this.#isMixed = note?.isMixed ?? false
    this.#since = new Map(this.#log.applied)
  }

  get ahead(): Version {
    return this.#ahead
  }

  /** Whether entries of `origin` are not to be asked for, since they come as documents. */
  covers(origin: ReplicaId): boolean {
    return this.#running !== undefined && this.#behind.has(origin)
  }

  /** A peer can't serve what it was asked for: its log begins after `floors`. */
  behind(link: OpenLink, floors: Heads): void {
    if (this.#running !== undefined || link.fetching) return
    const origins = [...floors].filter(([origin, { seq }]) => this.#log.reached(origin) < seq)
    if (origins.length === 0) return
    this.#behind = new Set(origins.map(([origin]) => origin))
    if (this.#progress?.source !== link.replica) this.#startOver()
    const assembly = new Assembly()
    this.#running = { link, assembly, done: false, handed: undefined, isFirst: true }
    link.fetching = true
    this.#ask()
  }

  #startOver(): void {
    this.#progress = undefined
    this.#isMixed = [...this.#ahead].some(([origin, seq]) => seq > this.#log.reached(origin))
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** Takes an answer; `false` when it was none to a question from here. */
  documents(link: OpenLink, message: Documents): boolean {
    const running = this.#running
    if (running?.link !== link) return false
    if (message.pieces.length === 0 && !message.done) {
      this.#stop(running.link)
      return true
    }
    this.#begin(link, message.base)
    const taken = running.assembly.take(message.pieces)
    if (!taken.ok) {
      this.#links.refuse(link, taken.rejection)
      return true
    }
    running.done = message.done
    this.#ahead = join([this.#ahead, message.upTo])
    if (taken.value.length === 0 && !message.done) this.#ask()
    else this.#hand(running, taken.value)
    return true
  }

  #begin(link: OpenLink, base: Heads): void {
    if (this.#progress !== undefined) return
    this.#progress = { source: link.replica, base, document: '' }
    this.#since = new Map(this.#log.applied)
  }

  #hand(running: Running, documents: readonly Change[]): void {
    const { link, done } = running
    const missing = this.#missing()
    const jumps = done ? missing : new Map()
    const notes = new Map([[CATCH_UP_NOTE, this.#note(done, jumps)]])
    const [ahead, doubt] = [this.#ahead, this.#doubt(running, documents, missing)]
    this.#lastChunk += 1
    running.handed = this.#lastChunk
    running.isFirst = false
    const from = { link: link.id, chunk: this.#lastChunk }
    this.#emit({ type: 'snapshots', ...from, documents, notes, jumps, ahead, doubt })
  }

  #doubt(running: Running, documents: readonly Change[], missing: Heads): Doubt | undefined {
    const isOverHeld = [...missing.keys()].some((origin) => this.#log.applied.has(origin))
    if (!this.#isMixed && !isOverHeld) return undefined
    const { isFirst, assembly, done } = running
    const last = documents.at(-1)?.document
    const unfinished = last === assembly.document ? undefined : last
    return { isFirst, after: this.#progress?.document ?? '', unfinished, isLast: done }
  }

  /** How far it is once what was handed over is durable. */
  #reached(): Progress | undefined {
    const document = this.#running?.assembly.document ?? this.#progress?.document ?? ''
    return this.#progress === undefined ? undefined : { ...this.#progress, document }
  }

  /**
   * What is to be found again after a restart; nothing once all that there is lies before the log. Of what
   * lies in it the source may have had another history (rule L1).
   */
  #note(done: boolean, jumps: Heads): Uint8Array {
    const [ahead, isMixed] = [this.#ahead, this.#isMixed]
    if (!done) return encodeNote({ progress: this.#reached(), ahead, isMixed })
    const behindLog = join([versionOf(this.#log.floors), versionOf(jumps)])
    if (covers(behindLog, ahead)) return new Uint8Array()
    return encodeNote({ progress: undefined, ahead, isMixed: false })
  }

  /**
   * What the source held and this replica does not, unless an entry of it came meanwhile. That may be another
   * one than the source had (rule L1), and have changed a document that was compared before: it has to stay
   * in the log.
   */
  #missing(): Heads {
    const [base, { applied }] = [this.#progress?.base ?? new Map(), this.#log]
    return new Map(
      [...base].filter(([origin, { seq }]) => {
        const isTouched = seqOf(applied, origin) !== seqOf(this.#since, origin)
        return !isTouched && this.#log.reached(origin) < seq
      }),
    )
  }

  /** What was handed over under this number is durable. */
  stored(chunk: number): void {
    // What came over a link that has broken since is no answer to what was asked for over the next.
    if (this.#running?.handed !== chunk) return
    this.#running.handed = undefined
    // Only now: what was handed over and refused has to come again.
    this.#progress = this.#reached()
    if (!this.#running.done) return this.#ask()
    this.#stop(this.#running.link)
    this.#progress = undefined
  }

  /** What documents held of `origin`, and was lost with its id, was published anew: they are not ahead of it. */
  published(origin: ReplicaId): void {
    if (!this.#ahead.has(origin)) return
    this.#ahead = new Map([...this.#ahead].filter(([each]) => each !== origin))
    // What was handed over may not be durable before this is.
    const note = { progress: this.#progress, ahead: this.#ahead, isMixed: this.#isMixed }
    const notes = new Map([[CATCH_UP_NOTE, encodeNote(note)]])
    this.#emit({ type: 'ahead', ahead: this.#ahead, notes })
  }

  #stop(link: OpenLink): void {
    this.#running = undefined
    link.fetching = false
  }

  ended(link: { readonly id: number }): void {
    if (this.#running?.link.id === link.id) this.#running = undefined
  }

  #ask(): void {
    const { link, assembly } = this.#running as Running
    const document = this.#progress?.document ?? ''
    const frame = encodeReplicaMessage({
      type: 'fetch',
      only: false,
      document,
      skip: assembly.skip,
    })
    this.#emit({ type: 'send', links: [link.id], frame })
  }
}

/** Kept on disk with the documents, so that a restart goes on too. */
function encodeNote({ progress, ahead, isMixed }: Note): Uint8Array {
  return encodeWith((writer) => {
    writeVersion(writer, ahead)
    write.uint(writer, isMixed ? 1 : 0)
    write.uint(writer, progress === undefined ? 0 : 1)
    if (progress === undefined) return
    write.replicaId(writer, progress.source)
    writeHeads(writer, progress.base)
    write.text(writer, progress.document)
  })
}

/** What can't be decoded is no progress: it starts over. */
function decodeNote(note: Uint8Array): Note | undefined {
  const decoded = decodeWith(note, (reader) => {
    const ahead = readVersion(reader)
    const isMixed = reader.uint() === 1
    if (reader.uint() === 0) return { progress: undefined, ahead, isMixed }
    const [source, base] = [reader.replicaId(), readHeads(reader)]
    const document = reader.text(LIMITS.documentNameBytesMax, 'document name')
    return { progress: { source, base, document }, ahead, isMixed }
  })
  return decoded.ok ? decoded.value : undefined
}
