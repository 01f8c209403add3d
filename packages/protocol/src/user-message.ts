import { fail, write } from './codec.ts'
import { hasControlCharacter, utf8Length } from './document-name.ts'
import { LIMITS } from './limits.ts'
import type { MessageCodec } from './message-codec.ts'
import type { RunId } from './overlay-messages.ts'
import { accept, reject, type Result } from './rejection.ts'
import type { ReplicaId } from './replica-id.ts'

/** What an application tells all replicas that are up: passed on from link to link, and never stored. */
export interface UserMessage {
  readonly type: 'message'
  readonly origin: ReplicaId
  /** With `number` the message's name: counted by its origin in this run of it. */
  readonly run: RunId
  readonly number: number
  /** Links that it may still go over after this one. */
  readonly hopsLeft: number
  readonly topic: string
  readonly payload: Uint8Array
}

export const userMessageCodec: MessageCodec<UserMessage> = {
  write: (writer, message) => {
    write.replicaId(writer, message.origin)
    write.hex(writer, message.run)
    write.uint(writer, message.number)
    write.uint(writer, message.hopsLeft)
    write.text(writer, message.topic)
    write.bytes(writer, message.payload)
  },
  read: (reader) => {
    const origin = reader.replicaId()
    const run = reader.hex('run')
    const number = reader.uint()
    const hopsLeft = reader.uint()
    if (hopsLeft > LIMITS.messageHopsMax) fail('too-large', 'A message may go over too many links.')
    const topic = checkTopic(reader.text(LIMITS.messageTopicBytesMax, 'topic'))
    if (!topic.ok) fail(topic.rejection.code, topic.rejection.reason)
    const payload = reader.bytes(LIMITS.messageBytesMax, 'message')
    return { type: 'message', origin, run, number, hopsLeft, topic: topic.value, payload }
  },
}

/** A topic is 1 to 64 bytes of well-formed UTF-8 without control characters. */
export function checkTopic(topic: string): Result<string> {
  if (topic.length === 0) return reject('bad-name', 'The topic is empty; give it a name.')
  if (!topic.isWellFormed() || hasControlCharacter(topic)) {
    return reject('bad-name', 'The topic has a lone surrogate or a control character; remove it.')
  }
  if (utf8Length(topic) > LIMITS.messageTopicBytesMax) {
    const reason = `The topic is over ${LIMITS.messageTopicBytesMax} bytes of UTF-8; shorten it.`
    return reject('too-large', reason)
  }
  return accept(topic)
}
