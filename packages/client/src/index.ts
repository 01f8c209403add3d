/** @packageDocumentation The leaf for browsers and Node: one socket, many documents, an ack per edit. */
export type { Client, ClientEvents } from './client.ts'
export { connect, type ConnectOptions } from './connect.ts'
export type { Status } from './connection.ts'
export type {
  Level,
  OpenDocument,
  OpenDocumentEvents,
  OpenOptions,
  Pending,
  SettledOptions,
} from './open-document.ts'
export type { Socket, SocketConstructor } from './socket.ts'
export { RejoinError, type Rejection, type ReplicaId } from '@rejoin/protocol'
