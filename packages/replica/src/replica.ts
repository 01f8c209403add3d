import type { Retention } from '@rejoin/engine'
import type { ReplicaId } from '@rejoin/protocol'
import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'

import type { Store } from './ports/store.ts'
import type { Transport } from './ports/transport.ts'
import type { SessionHost } from './session.ts'
import type { MemberListener, MessageListener, ReplicaStatus } from './status.ts'

export interface ReplicaOptions {
  /** Where edits are kept. Left out: in memory, for as long as the process runs. */
  readonly store?: Store
  /** How other replicas are reached. Left out: this replica stands alone. */
  readonly transport?: Transport
  /** Addresses of other replicas; one that is up is enough, the rest are found through it. */
  readonly peers?: readonly string[]
  /** What an operator says of this replica, like `{ region: 'eu' }`; the others see it. At most 16 of 64 bytes. */
  readonly tags?: Readonly<Record<string, string>>
  /** How much of the log is kept; left out, 64 MiB of what everybody has, and 1 GiB at most. */
  readonly retention?: Partial<Retention>
  /**
   * Documents whose deleted content is kept when they are compacted, for Yjs's snapshots; each replica
   * must say the same of a document. Left out: none.
   */
  readonly keepHistory?: (document: string) => boolean
}

/** How far an edit has come (design §2). */
export type Level = 'durable' | 'everywhere'

/** A document opened in this process: a live `Y.Doc` that the replica keeps in step. */
export interface OpenDocument {
  readonly name: string
  readonly doc: Y.Doc
  readonly awareness: Awareness
  /**
   * Resolves once every edit made here so far has reached `level`; rejects with
   * `RejoinError('timeout')` after `timeoutMs` (30 s): the edits are then neither lost nor undone.
   */
  settled(level: Level, options?: { timeoutMs?: number }): Promise<void>
  leave(): void
}

/** One running replica. */
export interface Replica extends SessionHost {
  /** Another one from when the replica has found that its id is not its own any more (rule L8). */
  readonly id: ReplicaId
  status(): ReplicaStatus
  /** Calls `listener` after the status may have changed, at most once a turn; returns the undo. */
  onStatus(listener: () => void): () => void
  /** Calls `listener` when a member joins, fails, is reachable again, updates itself, leaves or is removed. */
  onMember(listener: MemberListener): () => void
  /** Says something else of this replica; the others see it as `updated`. Throws a `RejoinError` over the bounds. */
  setTags(tags: Readonly<Record<string, string>>): void
  /**
   * Sends a message to every replica that is up now, this one too: best effort, not stored, and told to
   * each once. Throws a `RejoinError` where the topic is over 64 bytes of UTF-8 or the payload over 8 KiB.
   */
  broadcast(topic: string, payload: Uint8Array): void
  /** Calls `listener` with each message that comes, and with those that are sent here. */
  onMessage(listener: MessageListener): () => void
  /** Resolves once the document is loaded. */
  open(document: string): Promise<OpenDocument>
  /** A whole document as one Yjs update, or `undefined` where there is none. */
  encode(document: string): Promise<Uint8Array | undefined>
  listDocuments(page: { after?: string; limit: number }): Promise<string[]>
  /** Closes the link to `peer` and refuses it, both ways, until `mend`. */
  cut(peer: ReplicaId): void
  mend(peer: ReplicaId): void
  /**
   * Removes a member for good: `R` does not wait for it any longer. Should it come back it takes a new
   * id, and brings nothing back that was deleted meanwhile (rule L9).
   */
  remove(peer: ReplicaId): void
  /**
   * Leaves for good: ends all sessions, waits until another member holds everything that is durable here,
   * tells the others, and closes. Rejects with `RejoinError('timeout')` when nobody does within `timeoutMs`
   * (30 s), and with `RejoinError('no-members')` where there is nobody: then nothing was done, and it goes
   * on as before, for sessions that attach again. The directory, should it be started once more, takes a
   * new id when it meets the others (rules L8, L9).
   */
  leave(options?: { timeoutMs?: number }): Promise<void>
  /** Makes durable what was accepted, then closes sessions, links and the store. */
  close(): Promise<void>
}
