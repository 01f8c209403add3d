import type { Command } from '../command-line/command.ts'
import { HttpReplica } from '../http/http-replica.ts'
import { statusTable } from './status-table.ts'
import { urlOption } from './url-option.ts'

/** `rejoin status`: what one replica knows of itself and the others. */
export const status: Command = {
  name: 'status',
  summary: 'show what a replica has, and what the others have',
  usage: '[--url URL] [--json]',
  description: `Asks a running replica for its version (what it holds durably), the stable version (what
everybody has, as far as it knows), the union (what anybody has), its members and
what it refused.`,
  operands: { min: 0, max: 0 },
  options: [
    urlOption('The replica to ask; http: or ws:.'),
    { name: 'json', help: 'Print the status as JSON, as GET /status serves it.' },
  ],
  examples: [
    { line: 'rejoin status', meaning: 'Ask the replica on this machine at port 7001.' },
    {
      line: 'rejoin status --url http://127.0.0.1:7002 --json',
      meaning: 'For programs, from another replica.',
    },
  ],
  run: async (given) => {
    const answer = await new HttpReplica(given.text('url') ?? '').status()
    const text = given.isOn('json') ? `${JSON.stringify(answer, null, 2)}\n` : statusTable(answer)
    process.stdout.write(text)
    return 0
  },
}
