import {
  encodeWith,
  isRetired,
  MEMBER_STATES,
  write,
  writeTags,
  type MemberRecord,
} from '@rejoin/protocol'

import { fingerprintOf } from './fingerprint.ts'
import { SortedItems } from './sorted-items.ts'

/** The members in the order of their ids, for comparisons with others. */
export class MemberIndex {
  /** What is believed of each, retired ones included. */
  readonly items: SortedItems
  /** Those that count. */
  readonly electorate: SortedItems

  /** Begins like `base`, and shares its lists until either changes. */
  constructor(base?: MemberIndex) {
    this.items = new SortedItems(base?.items)
    this.electorate = new SortedItems(base?.electorate)
  }

  put(record: MemberRecord): void {
    this.items.set(record.replica, fingerprintOf(record.replica, contentOf(record)))
    if (isRetired(record)) this.electorate.delete(record.replica)
    else this.electorate.set(record.replica, fingerprintOf(record.replica, NO_CONTENT))
  }
}

const NO_CONTENT = new Uint8Array()

/** What of a record must be alike everywhere; who accuses a suspect need not. */
function contentOf({ incarnation, state, address, tags }: MemberRecord): Uint8Array {
  return encodeWith((writer) => {
    write.uint(writer, incarnation)
    write.uint(writer, MEMBER_STATES.indexOf(state))
    write.text(writer, address)
    writeTags(writer, tags)
  })
}
