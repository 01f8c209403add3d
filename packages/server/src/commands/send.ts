import { LIMITS } from '@rejoin/protocol'

import { misused } from '../command-line/command-error.ts'
import type { Command } from '../command-line/command.ts'
import { HttpReplica } from '../http/http-replica.ts'
import { urlOption } from './url-option.ts'

/** `rejoin send`: a message to all replicas that are up. */
export const send: Command = {
  name: 'send',
  summary: 'send a message to all replicas that are up',
  usage: 'TOPIC [TEXT] [--url URL]',
  description: `Sends TEXT, or what comes on stdin, to all replicas that are up now, for whoever listens
there (rejoin listen, GET /messages/events, onMessage). It is best effort: nothing is
stored, and who is away does not get it; who does gets it once. A topic has 64 bytes at
most, and a message 8 KiB.`,
  operands: { min: 1, max: 2 },
  options: [urlOption('Any replica; it tells the others.')],
  examples: [
    { line: 'rejoin send deploy v42', meaning: 'Everybody hears of it.' },
    { line: 'rejoin send report < report.json', meaning: 'What a file holds.' },
  ],
  run: async (given) => {
    const [topic = '', text] = given.operands
    const payload = text === undefined ? await readInput() : new TextEncoder().encode(text)
    if (payload.length > LIMITS.messageBytesMax) {
      throw misused(`A message has ${LIMITS.messageBytesMax} bytes at most; this one has more.`)
    }
    await new HttpReplica(given.text('url') ?? '').send(topic, payload)
    return 0
  },
}

/** All of stdin, or as much as shows that it is too long. */
async function readInput(): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > LIMITS.messageBytesMax) break
  }
  return new Uint8Array(Buffer.concat(chunks))
}
