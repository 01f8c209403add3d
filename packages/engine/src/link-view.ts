import type { Gossip, KnownMember, LinkId } from '@rejoin/gossip'

/** How the way to a member is. */
export interface LinkView {
  /**
   * `cut`: this replica refuses it until it is mended. `apart`: no link is kept to this member, as there
   * are so many that each has a few neighbours only. `unreachable`: there is none, and there should be, or
   * the member is believed to be down.
   */
  readonly state: 'linked' | 'cut' | 'unreachable' | 'apart'
  /** The open link. */
  readonly link: LinkId | undefined
  /** There and back, in ms, smoothed, once it was measured. */
  readonly roundTripMs: number | undefined
}

export function linkView(gossip: Gossip, { replica, state }: KnownMember): LinkView {
  const link = gossip.links.ofReplica(replica)?.id
  const roundTripMs = gossip.roundTrips.of(replica)
  if (gossip.links.isCut(replica)) return { state: 'cut', link, roundTripMs }
  if (link !== undefined) return { state: 'linked', link, roundTripMs }
  const isApart = !gossip.isMesh && state === 'alive'
  return { state: isApart ? 'apart' : 'unreachable', link, roundTripMs: undefined }
}
