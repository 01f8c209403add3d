import type { Reader, Writer } from './codec.ts'

/** How the body of one kind of message is written and read. */
export interface MessageCodec<M> {
  readonly write: (writer: Writer, message: M) => void
  readonly read: (reader: Reader) => M
}
