/** @packageDocumentation Gossip between replicas, as a pure state machine. */
export { Chance } from './chance.ts'
export type * from './events.ts'
export { Gossip, type GossipOptions } from './gossip.ts'
export { CATCH_UP_NOTE } from './catch-up.ts'
export { GOSSIP_LIMITS } from './limits.ts'
export { Links } from './links.ts'
export { Membership, type KnownMember, type Member } from './membership.ts'
export { RememberedMembers } from './remembered-members.ts'
