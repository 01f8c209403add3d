import type { Hello, ReplicaId, RunId } from '@rejoin/protocol'

import { GOSSIP_LIMITS } from './limits.ts'

/**
 * In which runs of a process each id was met. A process that restarts has a new run, and its old one
 * is never heard of again; a past run that comes back shows that two processes live with one id, each
 * on its own copy of a data directory (rule L8). What such a run said before it ended may come late.
 */
export class Runs {
  /** The runs of each id, the one met last at the end. */
  readonly #runs = new Map<ReplicaId, RunId[]>()
  /** When the first link of the one met last opened. */
  readonly #since = new Map<ReplicaId, number>()

  isPast({ replica, run }: Hello): boolean {
    const runs = this.#runs.get(replica) ?? []
    return runs.includes(run) && runs.at(-1) !== run
  }

  /**
   * Whether this is the late word of a process that has ended since: a link of another run opened after this
   * one did, at `openedAt`, and greeted before it. It need not have been met before.
   */
  isLate({ replica, run }: Hello, openedAt: number): boolean {
    if (this.#runs.get(replica)?.at(-1) === run) return false
    return openedAt < (this.#since.get(replica) ?? Number.NEGATIVE_INFINITY)
  }

  seen({ replica, run }: Hello, openedAt: number): void {
    const runs = this.#runs.get(replica) ?? []
    if (runs.at(-1) === run) return
    this.#runs.set(replica, [...runs, run].slice(-GOSSIP_LIMITS.runsMax))
    this.#since.set(replica, openedAt)
  }
}
