import type { MemberEvent } from '@rejoin/replica'

import { misused } from '../command-line/command-error.ts'
import type { Command } from '../command-line/command.ts'
import type { Given } from '../command-line/given.ts'
import { HttpReplica } from '../http/http-replica.ts'
import { follow } from './follow.ts'
import { MEMBER_WORDS, memberTable, wordOf, type MemberWord } from './member-table.ts'
import { hasTags, readTags, tagsText } from './tags-option.ts'
import { urlOption } from './url-option.ts'

/** `rejoin members`: how the others are, or what happens to them. */
export const members: Command = {
  name: 'members',
  summary: 'show how the other members are, or watch what happens to them',
  usage: '[--url URL] [--json] [--state S]... [--tag K=V]... [--watch]',
  description: `Asks a running replica what it knows of the other members. STATE is alive, suspect (it
did not answer, and may refute that), failed (it did not refute it in time), cut (this
replica refuses the link) or never-met (an address from --peer where nobody answered).
LINK is open, none, refused, or not kept: where there are many members, each has a link
to a few only. RTT is the way there and back, TRAFFIC what went over the link since it
opened, LACKS how many entries the member is not known to have.

With --watch each event is a line: joined, failed, reachable (it is back), updated (its
address or its tags), left, removed. Ctrl-C ends it.`,
  operands: { min: 0, max: 0 },
  options: [
    urlOption('The replica to ask; http: or ws:.'),
    { name: 'json', help: 'Print JSON: the members as in GET /status, or an event a line.' },
    {
      name: 'state',
      value: 'S',
      repeatable: true,
      help: `Only members in this state: ${MEMBER_WORDS.join(', ')}.`,
    },
    { name: 'tag', value: 'K=V', repeatable: true, help: 'Only members with this tag.' },
    { name: 'watch', help: 'Print what happens to members from now on.' },
  ],
  examples: [
    { line: 'rejoin members', meaning: 'All that the replica at port 7001 knows of.' },
    {
      line: 'rejoin members --state suspect --state failed',
      meaning: 'Those that somebody should look after.',
    },
    {
      line: 'rejoin members --tag region=eu --json',
      meaning: 'For programs, those with a tag.',
    },
    { line: 'rejoin members --watch', meaning: 'A line for each member that comes or goes.' },
  ],
  run: async (given) => {
    const replica = new HttpReplica(given.text('url') ?? '')
    const states = given.list('state').map((text) => readState(given, text))
    if (!given.isOn('watch')) return await show(replica, given, states)
    if (states.length > 0) throw misused('--state is for members as they are; --watch has events.')
    return await watch(replica, given)
  },
}

function readState(given: Given, text: string): MemberWord {
  const word = MEMBER_WORDS.find((known) => known === text)
  if (word !== undefined) return word
  throw given.bad('state', `must be one of ${MEMBER_WORDS.join(', ')}`)
}

async function show(
  replica: HttpReplica,
  given: Given,
  states: readonly MemberWord[],
): Promise<number> {
  const wanted = readTags(given)
  const status = await replica.status()
  const chosen = status.members.filter((member) => {
    const isInState = states.length === 0 || states.includes(wordOf(member))
    return isInState && hasTags(member.tags, wanted)
  })
  const isJson = given.isOn('json')
  const text = isJson ? `${JSON.stringify(chosen, null, 2)}\n` : memberTable(chosen, status)
  process.stdout.write(text)
  return 0
}

async function watch(replica: HttpReplica, given: Given): Promise<number> {
  const wanted = readTags(given)
  return await follow(replica, '/members/events', (told) => {
    const event = told as MemberEvent
    if (!hasTags(event.tags, wanted)) return undefined
    return given.isOn('json') ? JSON.stringify(event) : eventText(event)
  })
}

/** Those that are no members any more have neither address nor tags. */
function eventText({ change, replica, address, tags }: MemberEvent): string {
  const facts = [address, tagsText(tags)].filter((fact) => fact !== '' && fact !== '-')
  return [change.padEnd('reachable'.length), replica, ...facts].join('  ')
}
