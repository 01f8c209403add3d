import { fail, write, type Reader, type Writer } from './codec.ts'
import { LIMITS } from './limits.ts'
import { compareReplicaIds, type ReplicaId } from './replica-id.ts'

/** What an operator says of a replica, like `region=eu`; keys in order, at most `LIMITS.tagsMax`. */
export type Tags = ReadonlyMap<string, string>

export const NO_TAGS: Tags = new Map()

/**
 * How a member is, as somebody saw it. SWIM's words: `suspect` did not answer and may refute it,
 * `failed` did not refute it in time. Both count in `R` like everybody else: they hold what they hold.
 * Those that `left`, were `removed`, or gave up their id are no members any more (rules L8, L9).
 */
export type MemberState = 'alive' | 'suspect' | 'failed' | 'left' | 'removed'

export const MEMBER_STATES: readonly MemberState[] = [
  'alive',
  'suspect',
  'failed',
  'left',
  'removed',
]

/**
 * What replicas tell each other of a member. Only the member itself raises its incarnation (SWIM), to
 * tell anew where it is or that it is alive; so that all come to believe the same, records of one member
 * are ordered (`isNewer`), and the greatest counts.
 */
export interface MemberRecord {
  readonly replica: ReplicaId
  readonly incarnation: number
  readonly state: MemberState
  /** Where it can be dialled; empty when it can't, or that is not known. */
  readonly address: string
  readonly tags: Tags
  /** Of a suspect, who says so. */
  readonly by?: ReplicaId
}

/** Whether it is no member any more, for good. */
export function isRetired({ state }: Pick<MemberRecord, 'state'>): boolean {
  return state === 'left' || state === 'removed'
}

/** Whether `record` is to be believed rather than `known` of the same member. */
export function isNewer(record: MemberRecord, known: MemberRecord): boolean {
  if (isRetired(record) !== isRetired(known)) return isRetired(record)
  if (record.incarnation !== known.incarnation) return record.incarnation > known.incarnation
  const rank = MEMBER_STATES.indexOf(record.state) - MEMBER_STATES.indexOf(known.state)
  if (rank !== 0) return rank > 0
  // Only the member itself can say which of two is right; until it hears of them, all choose alike.
  if (record.address !== known.address) return record.address > known.address
  return tagsText(record.tags) > tagsText(known.tags)
}

/** Tags in one spelling, for comparisons. */
export function tagsText(tags: Tags): string {
  return tags.size === 0 ? '' : JSON.stringify([...tags])
}

export function writeMemberRecord(writer: Writer, record: MemberRecord): void {
  write.replicaId(writer, record.replica)
  write.uint(writer, MEMBER_STATES.indexOf(record.state))
  write.uint(writer, record.incarnation)
  write.text(writer, record.address)
  writeTags(writer, record.tags)
  if (record.state === 'suspect') write.replicaId(writer, record.by ?? record.replica)
}

export function readMemberRecord(reader: Reader): MemberRecord {
  const replica = reader.replicaId()
  const state = MEMBER_STATES[reader.uint()]
  if (state === undefined) fail('malformed', 'A member has a state that is not known.')
  const incarnation = reader.uint()
  const address = reader.text(LIMITS.addressBytesMax, 'address')
  const record = { replica, incarnation, state, address, tags: readTags(reader) }
  return state === 'suspect' ? { ...record, by: reader.replicaId() } : record
}

export function writeTags(writer: Writer, tags: Tags): void {
  write.uint(writer, tags.size)
  for (const [key, value] of [...tags].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    write.text(writer, key)
    write.text(writer, value)
  }
}

export function readTags(reader: Reader): Tags {
  let left = reader.count(LIMITS.tagsMax, 2, 'tags')
  if (left === 0) return NO_TAGS
  const tags = new Map<string, string>()
  for (; left > 0; left--) {
    const key = reader.text(LIMITS.tagBytesMax, 'tag')
    tags.set(key, reader.text(LIMITS.tagBytesMax, 'tag'))
  }
  return tags
}

/** A replica and where it can be dialled. */
export interface Contact {
  readonly replica: ReplicaId
  readonly address: string
}

export function writeContacts(writer: Writer, contacts: readonly Contact[]): void {
  write.uint(writer, contacts.length)
  for (const { replica, address } of contacts) {
    write.replicaId(writer, replica)
    write.text(writer, address)
  }
}

export function readContacts(reader: Reader): Contact[] {
  const contacts: Contact[] = []
  for (let left = reader.count(LIMITS.contactsMax, 9, 'contacts'); left > 0; left--) {
    const replica = reader.replicaId()
    contacts.push({ replica, address: reader.text(LIMITS.addressBytesMax, 'address') })
  }
  return contacts
}

/** Records in the order of their replicas, so that equal lists have equal bytes. */
export function inOrder(records: Iterable<MemberRecord>): MemberRecord[] {
  return [...records].toSorted((a, b) => compareReplicaIds(a.replica, b.replica))
}
