import type { RejoinError, Rejection } from '@rejoin/protocol'
import type { ObservableV2 } from 'lib0/observable'
import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'

/** How far an edit has come (design §2); a replica tells its clients of one level. */
export type Level = 'durable'

/** Edits made here that are not known to be durable at a replica. */
export interface Pending {
  readonly edits: number
  /** Bytes of their updates, as made or, once merged, as sent. */
  readonly bytes: number
}

export interface OpenOptions {
  /** Left out: a new one. Its content counts as edited here. */
  readonly doc?: Y.Doc
  /** Left out: a new one on `doc`, destroyed on `leave`. */
  readonly awareness?: Awareness
}

export interface SettledOptions {
  /** 30,000 ms unless told. */
  readonly timeoutMs?: number
}

export interface OpenDocumentEvents {
  pending(pending: Pending): void
  /** The replica's state has been received for the first time. */
  synced(): void
  /**
   * An edit was refused: it is in `doc`, and at no replica, and is offered again after a reconnection.
   * Or the document's opening, or this client's presence, was refused.
   */
  refused(rejection: Rejection): void
  /** A change from the replica could not be applied, or an observer of `doc` threw: see `cause`. */
  failed(error: RejoinError): void
}

/** A document that is kept in step with the replica for as long as it is open. */
export interface OpenDocument extends Pick<
  ObservableV2<OpenDocumentEvents>,
  'on' | 'once' | 'off'
> {
  readonly name: string
  readonly doc: Y.Doc
  readonly awareness: Awareness
  /** Whether the replica's state has been received, ever. */
  readonly synced: boolean
  /** Resolves once `synced`; rejects with `RejoinError('closed')` if the document is left before. */
  readonly whenSynced: Promise<void>
  readonly pending: Pending
  /**
   * Resolves once every edit made here so far, and what `doc` held when it was opened, has reached
   * `level`; offline it waits. Rejects with `RejoinError('timeout')`: whether the edits got there is
   * then unknown, and they go on trying; with the rejection's code if one of them is refused; with
   * `'closed'` if the document is left before.
   */
  settled(level: Level, options?: SettledOptions): Promise<void>
  /** Detaches from the replica; `doc` and what it holds stay. */
  leave(): void
  /** The Yjs ecosystem's word for `leave`; takes all listeners off too. */
  destroy(): void
}
