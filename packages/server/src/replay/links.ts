/**
 * The links between the replicas of a replay, as their HTTP lets them be cut. A replica that has cut
 * a link refuses it in both directions until the same replica mends it, so what is to be mended is
 * remembered by the end that cut it.
 */
import type { ReplicaId } from '@rejoin/protocol'

import { CommandError } from '../command-line/command-error.ts'
import type { HttpReplica } from '../http/http-replica.ts'

interface Cut {
  readonly replica: HttpReplica
  readonly peer: ReplicaId
}

export class Links {
  readonly #replicas: readonly HttpReplica[]
  #cuts: Cut[] = []
  #state = 'whole'

  constructor(replicas: readonly HttpReplica[]) {
    this.#replicas = replicas
  }

  /** What is cut now, for a person. */
  get state(): string {
    return this.#state
  }

  get areCut(): boolean {
    return this.#cuts.length > 0
  }

  /**
   * Cuts one replica, by its index, off from all its members, or each off from all. Answers why not
   * where the replicas refuse; nothing is then left cut.
   */
  async cut(unplugged: number | 'all'): Promise<string | undefined> {
    const targets =
      unplugged === 'all' ? this.#replicas : this.#replicas.slice(unplugged).slice(0, 1)
    try {
      for (const replica of targets) await this.#unplug(replica)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      await this.mend()
      return error.message
    }
    this.#state = unplugged === 'all' ? 'all cut' : `replica ${unplugged + 1} unplugged`
    return undefined
  }

  /** Mends all that this has cut. Throws a `CommandError` when a replica can't be reached. */
  async mend(): Promise<void> {
    const cuts = this.#cuts
    this.#cuts = []
    this.#state = 'whole'
    const outcomes = await Promise.allSettled(cuts.map(({ replica, peer }) => replica.mend(peer)))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  async #unplug(replica: HttpReplica): Promise<void> {
    const { members } = await replica.status()
    for (const { replica: peer, state } of members) {
      if (peer === null || state === 'cut') continue
      await replica.cut(peer)
      this.#cuts.push({ replica, peer })
    }
  }
}
