import type { Dot, Rejection, ReplicaId } from '@rejoin/protocol'

/**
 * A session is one client's attachment to a replica: what an endpoint (a WebSocket, or a document
 * opened in this process) drives. `replica.attach(listener)` opens one. Its methods never throw on
 * what a client sent; what is refused is answered with `refused`.
 */
export interface Session {
  /** Answered with `opened`, then `update`s, until `leave`. Opening again answers again. */
  open(document: string, stateVector: Uint8Array): void
  /**
   * Answered with `ack` once durable, or `refused`. `ref` numbers a document's edits in this session
   * in rising order; 0 asks for no acknowledgement.
   */
  edit(document: string, ref: number, update: Uint8Array): void
  /** An awareness update of this client's; passed to the document's other sessions everywhere. */
  presence(document: string, update: Uint8Array): void
  leave(document: string): void
  /** The client reads too slowly: no more updates until `resume`, which brings them merged. */
  pause(): void
  resume(): void
  close(): void
}

/** What a session's owner hears. Never called inside one of the session's own methods. */
export interface SessionListener {
  /** What the client lacks of a document, and Yjs's state vector of what the replica holds. */
  opened(document: string, update: Uint8Array, stateVector: Uint8Array): void
  /**
   * What changed, the client's own edits included. Sessions that stand at the same place are handed
   * the same `Uint8Array`, so a frame made of it can be made once.
   */
  update(document: string, update: Uint8Array): void
  /** Every edit up to `ref` is durable here; `dot` names the entry that holds the newest. */
  ack(document: string, ref: number, dot: Dot): void
  /** An edit builds on something that this replica lacks: send what `stateVector` misses. */
  ask(document: string, stateVector: Uint8Array): void
  presence(document: string, update: Uint8Array): void
  /** Edit `ref`, or with 0 the opening or the presence, changed nothing. */
  refused(document: string, ref: number, rejection: Rejection): void
  /** The replica ended the session. */
  closed(rejection: Rejection): void
}

/** The part of a replica that an endpoint needs. */
export interface SessionHost {
  readonly id: ReplicaId
  attach(listener: SessionListener): Session
  /** Counts input that an endpoint had to refuse before it reached a session. */
  countRejection(rejection: Rejection): void
}
