import type { Command } from '../command-line/command.ts'
import { HttpReplica } from '../http/http-replica.ts'
import { urlOption } from './url-option.ts'

/** `rejoin leave`: a replica says goodbye for good, and ends. */
export const leave: Command = {
  name: 'leave',
  summary: 'let a running replica leave for good, and end',
  usage: '[--url URL] [--timeout S]',
  description: `Lets a replica leave: it takes no more edits, waits until some other member holds all that
it has on disk, tells the others that it is gone for good, and ends. Nobody waits any
longer for it to have what all others have.

When no other member holds everything in time, the command fails, says what is missing,
and the replica goes on as before; so it may be tried again. Its directory can be thrown
away afterwards; if it is ever started again it takes a new id. To stop a replica that
will be back use Ctrl-C or SIGTERM instead, and for one that is lost rejoin remove.`,
  operands: { min: 0, max: 0 },
  options: [
    urlOption('The replica that leaves; http: or ws:.'),
    {
      name: 'timeout',
      value: 'S',
      default: '30',
      help: 'How long to wait for another member to hold everything, from 1 to 50 seconds.',
    },
  ],
  examples: [
    {
      line: 'rejoin leave --url http://127.0.0.1:7003',
      meaning: 'That replica hands over what it has, and ends.',
    },
  ],
  run: async (given) => {
    const timeoutS = given.whole('timeout', 1, 50) ?? 30
    const id = await new HttpReplica(given.text('url') ?? '').leave(timeoutS)
    process.stdout.write(`Replica ${id} has left.\n`)
    return 0
  },
}
