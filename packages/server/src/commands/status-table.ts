import type { MemberStatus, ReplicaStatus } from '@rejoin/replica'

import { table } from './table.ts'

/** A status as text for a terminal: facts first, then one row per origin and one per member. */
export function statusTable(status: ReplicaStatus): string {
  return [facts(status), versions(status), members(status)]
    .filter((part) => part !== '')
    .map((part) => `${part}\n`)
    .join('\n')
}

function facts(status: ReplicaStatus): string {
  const { replica, address, documents, divergence, readOnly, rejections, store } = status
  const refused = Object.entries(rejections).map(([code, count]) => `${code} ${count}`)
  return table([
    ['Replica', replica],
    ['Address', address ?? 'none: others cannot dial it'],
    ['Documents', String(documents)],
    ['Divergence', divergenceText(divergence)],
    ['Edits', readOnly === null ? acceptedText(store) : `refused, read-only: ${readOnly}`],
    ...backlogRows(status.backlog),
    ...store.problems.map(({ message }) => ['Problem', message]),
    ...store.damaged.map((name) => ['Damaged', `"${name}", until it is repaired from others`]),
    ...store.incompactible.map(({ document, reason }) => ['Grows', `"${document}": ${reason}`]),
    ['Rejections', refused.length === 0 ? 'none' : refused.join(', ')],
  ])
}

/** Shown while there is any: over a second or so it tells that something is slow, or missing. */
function backlogRows({ editBytes, entryBytes, ...waits }: ReplicaStatus['backlog']): string[][] {
  const { waitingEntries, waitingBytes, parkedBytes } = waits
  const parts = [
    [editBytes + entryBytes, `${kilobytes(editBytes + entryBytes)} for the disk`],
    [waitingEntries, `${waitingEntries} entries (${kilobytes(waitingBytes)}) for earlier ones`],
    [parkedBytes, `${kilobytes(parkedBytes)} of edits for what they build on`],
  ] as const
  const waiting = parts.filter(([size]) => size > 0).map(([, text]) => text)
  return waiting.length === 0 ? [] : [['Waiting', waiting.join(', ')]]
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000)} kB`
}

/** From 1 s on a disk is slow enough to be seen. */
function acceptedText({ committingMs }: ReplicaStatus['store']): string {
  if (committingMs === null || committingMs < 1_000) return 'accepted'
  return `accepted; the disk has been writing for ${Math.round(committingMs / 1_000)} s`
}

function divergenceText(entries: number): string {
  if (entries === 0) return '0 (everybody has everything)'
  return `${entries} ${entries === 1 ? 'entry that somebody lacks' : 'entries that somebody lacks'}`
}

function versions({ version, stable, union }: ReplicaStatus): string {
  const origins = [...new Set([version, stable, union].flatMap((all) => Object.keys(all)))]
  if (origins.length === 0) return ''
  const rows = origins.toSorted().map((origin) => {
    return [origin, ...[version, stable, union].map((all) => String(all[origin] ?? 0))]
  })
  return table([['ORIGIN', 'VERSION', 'STABLE', 'UNION'], ...rows])
}

function members(status: ReplicaStatus): string {
  if (status.members.length === 0) return 'No other members.'
  const rows = status.members.map((member) => [
    member.replica ?? '(never met)',
    member.address,
    member.state,
    String(lacks(member, status.union)),
  ])
  return table([['MEMBER', 'ADDRESS', 'STATE', 'LACKS'], ...rows])
}

/** Entries of the union that a member is not known to hold. */
export function lacks(member: MemberStatus, union: ReplicaStatus['union']): number {
  const counts = Object.entries(union).map(([origin, seq]) => seq - (member.version[origin] ?? 0))
  return counts.reduce((sum, count) => sum + Math.max(0, count), 0)
}
