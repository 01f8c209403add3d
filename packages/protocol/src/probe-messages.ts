import { write } from './codec.ts'
import type { MessageCodec } from './message-codec.ts'
import type { ReplicaId } from './replica-id.ts'

/** SWIM: answer with an `ack` of this number. */
export interface Ping {
  readonly type: 'ping'
  readonly seq: number
}

export interface PingAck {
  readonly type: 'ack'
  readonly seq: number
}

/** Lifeguard: who was asked to reach another has not yet, but is there. */
export interface PingNack {
  readonly type: 'nack'
  readonly seq: number
}

/** SWIM: try to reach `target`, and answer with an `ack` if it answers. */
export interface PingReq {
  readonly type: 'ping-req'
  readonly seq: number
  readonly target: ReplicaId
}

export const pingCodec: MessageCodec<Ping> = {
  write: (writer, { seq }) => write.uint(writer, seq),
  read: (reader) => ({ type: 'ping', seq: reader.uint() }),
}

export const ackCodec: MessageCodec<PingAck> = {
  write: (writer, { seq }) => write.uint(writer, seq),
  read: (reader) => ({ type: 'ack', seq: reader.uint() }),
}

export const nackCodec: MessageCodec<PingNack> = {
  write: (writer, { seq }) => write.uint(writer, seq),
  read: (reader) => ({ type: 'nack', seq: reader.uint() }),
}

export const pingReqCodec: MessageCodec<PingReq> = {
  write: (writer, { seq, target }) => {
    write.uint(writer, seq)
    write.replicaId(writer, target)
  },
  read: (reader) => ({ type: 'ping-req', seq: reader.uint(), target: reader.replicaId() }),
}
