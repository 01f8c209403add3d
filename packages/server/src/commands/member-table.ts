import type { LinkTraffic, MemberStatus, ReplicaStatus } from '@rejoin/replica'

import { bytesText } from './counted.ts'
import { lacks } from './status-table.ts'
import { table } from './table.ts'
import { tagsText } from './tags-option.ts'

/** How a member is, in one word. */
export type MemberWord = 'alive' | 'suspect' | 'failed' | 'cut' | 'never-met'

export const MEMBER_WORDS: readonly MemberWord[] = [
  'alive',
  'suspect',
  'failed',
  'cut',
  'never-met',
]

export function wordOf({ health, state }: MemberStatus): MemberWord {
  if (state === 'cut') return 'cut'
  return health ?? 'never-met'
}

/** These members as text for a terminal, one row each. */
export function memberTable(members: readonly MemberStatus[], { union }: ReplicaStatus): string {
  if (members.length === 0) return 'No such members.\n'
  const rows = members.map((member) => [
    member.replica ?? '-',
    member.address === '' ? '-' : member.address,
    wordOf(member),
    LINK_WORDS[member.state],
    roundTripText(member.roundTripMs),
    trafficText(member.traffic),
    String(lacks(member, union)),
    tagsText(member.tags),
  ])
  return `${table([HEADINGS, ...rows])}\n`
}

const HEADINGS = ['MEMBER', 'ADDRESS', 'STATE', 'LINK', 'RTT', 'TRAFFIC', 'LACKS', 'TAGS']

const LINK_WORDS = {
  linked: 'open',
  cut: 'refused',
  unreachable: 'none',
  apart: 'not kept',
} as const

function roundTripText(ms: number | null): string {
  if (ms === null) return '-'
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`
}

function trafficText(traffic: LinkTraffic | null): string {
  if (traffic === null) return '-'
  const { sentBytes, receivedBytes, queuedBytes } = traffic
  const queued = queuedBytes === 0 ? '' : `, ${bytesText(queuedBytes)} queued`
  return `${bytesText(sentBytes)} out, ${bytesText(receivedBytes)} in${queued}`
}
