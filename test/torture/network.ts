import { Chance } from '@rejoin/gossip'

import { whenConverged } from '../real/replica-process.ts'
import { Cluster } from './cluster.ts'
import type { Weather } from './faulty-link.ts'
import { NetworkClient } from './network-client.ts'
import type { Outcome, Run } from './outcome.ts'
import { ResidentMemory } from './resident-memory.ts'

const REPLICAS = 5
const CLIENTS = 8
/** Between two faults, in ms, at most. */
const FAULT_MS = 4_000
const HEALING_MS = 90_000

/** Cuts of the run over which memory is averaged. */
const QUARTERS = 4
/** Of the replicas, the one that is never restarted: its memory shows what leaks in all that time. */
const VETERAN = 0

/** What a network torture found beside what was lost. */
export interface NetworkOutcome extends Outcome {
  /** Mean resident memory of each replica in each quarter of the run, the veteran first, in MiB. */
  readonly residentMiB: readonly (readonly number[])[]
}

/**
 * Five processes behind faulty links, under clients that type and move: links that break, are half-open or
 * slow, replicas that stand still, and, but for one, are killed or restarted one after the other. Meanwhile
 * nobody's stable version may exceed what everybody has (rule L6), and once all is well again everything
 * that was acknowledged is everywhere, and all is equal (rules S1, L5).
 */
export async function tortureByNetwork(run: Run): Promise<NetworkOutcome> {
  const cluster = await Cluster.start(REPLICAS)
  const clients = Array.from({ length: CLIENTS }, (_, at) => {
    return new NetworkClient(at, new Chance(run.seed * 100 + at))
  })
  try {
    return await new NetworkTorture(cluster, clients, run).run()
  } finally {
    for (const client of clients) client.close()
    await cluster.end()
  }
}

class NetworkTorture {
  readonly #cluster: Cluster
  readonly #clients: readonly NetworkClient[]
  readonly #run: Run
  readonly #chance: Chance
  readonly #failures: string[] = []
  readonly #memory = new ResidentMemory(QUARTERS)

  constructor(cluster: Cluster, clients: readonly NetworkClient[], run: Run) {
    this.#cluster = cluster
    this.#clients = clients
    this.#run = run
    this.#chance = new Chance(run.seed)
  }

  async run(): Promise<NetworkOutcome> {
    const { rounds, onRound } = this.#run
    for (const client of this.#clients) {
      this.#move(client)
      client.start()
    }
    for (let round = 0; round < rounds; round++) {
      await this.#fault()
      await new Promise((resolve) => setTimeout(resolve, this.#chance.next() * FAULT_MS))
      this.#failures.push(...(await this.#cluster.overclaims()))
      this.#memory.sample(Math.floor((round * QUARTERS) / rounds), this.#cluster.pids)
      onRound?.(round + 1, rounds)
    }
    return await this.#verdict()
  }

  #draw(count: number): number {
    return Math.floor(this.#chance.next() * count)
  }

  #move(client: NetworkClient): void {
    const replica = this.#cluster.replicas[this.#draw(REPLICAS)]
    if (replica !== undefined) client.moveTo(replica.socketUrl)
  }

  async #fault(): Promise<void> {
    const cluster = this.#cluster
    const [a, b] = [this.#draw(REPLICAS), this.#draw(REPLICAS)]
    const draw = this.#draw(100)
    if (draw < 40) return cluster.turn(a, b, this.#weather())
    if (draw < 50) return this.#isolate(a)
    if (draw < 65) return this.#move(this.#clients[this.#draw(CLIENTS)] as NetworkClient)
    if (draw < 80) return a === VETERAN ? undefined : await cluster.kill(a, 'SIGKILL')
    if (draw < 90) return cluster.stand(a)
    if (draw < 95) return await this.#rollOver()
    for (let at = 0; at < REPLICAS; at++) {
      cluster.wake(at)
      await cluster.restart(at)
    }
  }

  #weather(): Weather {
    const all: Weather[] = ['clear', 'clear', 'parted', 'loses-there', 'loses-back', 'slow']
    return all[this.#draw(all.length)] ?? 'clear'
  }

  /** One can reach nobody, or everybody again. */
  #isolate(a: number): void {
    const weather = this.#draw(2) === 0 ? 'parted' : 'clear'
    for (let b = 0; b < REPLICAS; b++) this.#cluster.turn(a, b, weather)
  }

  /** All but the veteran are restarted, one after the other. */
  async #rollOver(): Promise<void> {
    for (let at = VETERAN + 1; at < REPLICAS; at++) {
      await this.#cluster.kill(at, 'SIGTERM')
      await this.#cluster.restart(at)
    }
  }

  async #verdict(): Promise<NetworkOutcome> {
    const { seed, rounds } = this.#run
    await this.#cluster.heal()
    for (const client of this.#clients) {
      if (!(await client.finish(HEALING_MS))) this.#failures.push('edits did not become durable')
    }
    await whenConverged(this.#cluster.replicas, HEALING_MS).catch(async (error: Error) => {
      this.#failures.push(`${error.message}: ${await this.#cluster.told()}`)
    })
    const lost = await this.#lost()
    const replay = `npm run torture -- network --rounds ${rounds} --seed ${seed}`
    return {
      rounds,
      acknowledged: [...this.#written().values()].reduce((sum, acked) => sum + acked.length, 0),
      lost: lost.length,
      unnoticed: this.#failures.length,
      failures: [...this.#failures, ...lost].slice(0, 10).map((failure) => `${failure}; ${replay}`),
      residentMiB: this.#memory.meansMiB(),
    }
  }

  /** What was acknowledged and is not everywhere; pages that are not equal count as failures. */
  async #lost(): Promise<string[]> {
    const lost: string[] = []
    for (const [document, acked] of this.#written()) {
      const docs = await Promise.all(
        this.#cluster.replicas.map((replica) => replica.document(document)),
      )
      for (const doc of docs) {
        const tokens = doc.getMap('tokens')
        lost.push(...acked.filter((token) => tokens.get(token) !== true))
      }
      const open = this.#clients.filter(({ pages }) => pages.at(-1)?.document === document)
      const seen = [...docs, ...open.map(({ doc }) => doc)]
      const texts = new Set(seen.map((doc) => doc.getText('content').toString()))
      if (texts.size > 1) this.#failures.push(`${document} is not the same everywhere`)
    }
    return lost
  }

  /** Every page, with what anybody was told is durable of it. */
  #written(): Map<string, string[]> {
    const written = new Map<string, string[]>()
    for (const { document, acked } of this.#clients.flatMap(({ pages }) => pages)) {
      written.set(document, [...(written.get(document) ?? []), ...acked])
    }
    return written
  }
}
