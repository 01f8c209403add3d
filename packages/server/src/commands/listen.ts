import type { Command } from '../command-line/command.ts'
import { HttpReplica } from '../http/http-replica.ts'
import type { MessageEvent } from '../http/messages.ts'
import { follow } from './follow.ts'
import { urlOption } from './url-option.ts'

/** `rejoin listen`: the messages that are sent from now on. */
export const listen: Command = {
  name: 'listen',
  summary: 'print the messages that are sent to all replicas',
  usage: '[TOPIC] [--url URL]',
  description: `Prints each message that comes to a replica from now on (see rejoin send), one JSON text a
line: "from" is the id of the replica where it was sent, then "topic", and "text", or
where it is no UTF-8 "payload" in base64. Ctrl-C ends it.`,
  operands: { min: 0, max: 1 },
  options: [urlOption('The replica to listen at; http: or ws:.')],
  examples: [
    { line: 'rejoin listen', meaning: 'All topics.' },
    { line: 'rejoin listen deploy | jq -r --unbuffered .text', meaning: 'The texts of one topic.' },
  ],
  run: async (given) => {
    const [topic] = given.operands
    const query = topic === undefined ? '' : `?topic=${encodeURIComponent(topic)}`
    const replica = new HttpReplica(given.text('url') ?? '')
    return await follow(replica, `/messages/events${query}`, (event) => {
      return lineOf(event as MessageEvent)
    })
  },
}

function lineOf({ from, topic, payload }: MessageEvent): string {
  const text = textOf(Buffer.from(payload, 'base64'))
  return JSON.stringify({ from, topic, ...(text === undefined ? { payload } : { text }) })
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
