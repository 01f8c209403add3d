import type { ReplicaId } from '@rejoin/protocol'

/**
 * An overlay decides which replicas this one keeps a link to. The full mesh is the one there is; a
 * partial view for larger clusters takes its place behind the same few notices.
 */
export interface Overlay {
  /**
   * An address is known, and maybe whose it is; returns whether that was news. Dials it when the
   * overlay wants that link.
   */
  heardOf(address: string, replica: ReplicaId | undefined): boolean
  /** The addresses of members that nobody has met: nobody knows what these hold. */
  unmet(): string[]
  /** A link has greeted. */
  linked(replica: ReplicaId, dialled: string | undefined): void
  /** The link to `replica` is at rest: it has lasted until a heartbeat. */
  lasted(replica: ReplicaId): void
  /** A dialled link failed, or a link ended; `replica` where it had greeted. */
  lost(address: string | undefined, replica: ReplicaId | undefined): void
  /** A dialled address turned out to be this replica's own. */
  isSelf(address: string): void
  /** The reason not to dial `replica` is gone. */
  mended(replica: ReplicaId): void
  /** The id is retired; `heir` is a member with the same address, if there is one. */
  retired(replica: ReplicaId, heir: (address: string) => ReplicaId | undefined): void
  /** A timer that the overlay asked for. */
  timer(address: string, token: number): void
}
