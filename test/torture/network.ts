import { Chance } from '@rejoin/gossip'

import { whenConverged } from '../real/replica-process.ts'
import { Cluster } from './cluster.ts'
import type { Weather } from './faulty-link.ts'
import { NetworkClient } from './network-client.ts'
import type { Outcome, Run } from './outcome.ts'

const REPLICAS = 5
const CLIENTS = 8
/** Between two faults, in ms, at most. */
const FAULT_MS = 4_000
const HEALING_MS = 90_000

/** What a network torture found beside what was lost. */
export interface NetworkOutcome extends Outcome {
  /** Resident memory of the replicas after a quarter of the rounds, and at the end, in MiB. */
  readonly residentMiB: readonly (readonly number[])[]
}

/**
 * Five processes behind faulty links, under clients that type and move: links that break, are half-open or
 * slow, replicas that are killed, stand still, or are restarted one after the other. Meanwhile nobody's
 * stable version may exceed what everybody has (rule L6), and once all is well again everything that was
 * acknowledged is everywhere, and all is equal (rules S1, L5).
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
  readonly #residentMiB: number[][] = []

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
      if (round === Math.floor(rounds / 4)) this.#residentMiB.push(this.#cluster.residentMiB())
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
    if (draw < 80) return await cluster.kill(a, 'SIGKILL')
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

  /** All are restarted, one after the other. */
  async #rollOver(): Promise<void> {
    for (let at = 0; at < REPLICAS; at++) {
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
    this.#residentMiB.push(this.#cluster.residentMiB())
    const lost = await this.#lost()
    const replay = `npm run torture -- network --rounds ${rounds} --seed ${seed}`
    return {
      rounds,
      acknowledged: this.#clients.reduce((sum, { acked }) => sum + acked.size, 0),
      lost: lost.length,
      unnoticed: this.#failures.length,
      failures: [...this.#failures, ...lost].slice(0, 10).map((failure) => `${failure}; ${replay}`),
      residentMiB: this.#residentMiB,
    }
  }

  /** What was acknowledged and is not everywhere; documents that are not equal count as failures. */
  async #lost(): Promise<string[]> {
    const lost: string[] = []
    for (const replica of this.#cluster.replicas) {
      for (const { document, doc, acked } of this.#clients) {
        const there = await replica.document(document)
        const tokens = there.getMap('tokens')
        lost.push(...[...acked].filter((token) => tokens.get(token) !== true))
        const [text, other] = [there, doc].map((each) => each.getText('content').toString())
        if (text !== other) this.#failures.push(`${document} at ${replica.url} is not as typed`)
      }
    }
    return lost
  }
}
