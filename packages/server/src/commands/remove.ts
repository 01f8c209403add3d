import { parseReplicaId } from '@rejoin/protocol'

import { misused } from '../command-line/command-error.ts'
import type { Command } from '../command-line/command.ts'
import { HttpReplica } from '../http/http-replica.ts'
import { urlOption } from './url-option.ts'

/** `rejoin remove`: removes a member that will not come back. */
export const remove: Command = {
  name: 'remove',
  summary: 'remove a member that will not come back',
  usage: 'ID [--url URL]',
  description: `Removes a member for good, everywhere: nobody waits any longer for it to have what all
others have. If it comes back after all it takes a new id, and brings nothing back that
was deleted meanwhile. rejoin status shows the members and their ids.`,
  operands: { min: 1, max: 1 },
  options: [urlOption('Any replica; it tells the others.')],
  examples: [{ line: 'rejoin remove 7f3a09c2d4e1b856', meaning: 'That replica is gone.' }],
  run: async (given) => {
    const [text = ''] = given.operands
    const id = parseReplicaId(text)
    if (id === undefined) throw misused(`${JSON.stringify(text)} is no id: it has 16 hex digits.`)
    await new HttpReplica(given.text('url') ?? '').remove(id)
    process.stdout.write(`Replica ${id} is removed.\n`)
    return 0
  },
}
