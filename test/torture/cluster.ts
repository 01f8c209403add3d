import { covers, type ReplicaId, type Version } from '@rejoin/protocol'
import type { ReplicaStatus } from '@rejoin/replica'

import { freePorts, ReplicaProcess } from '../real/replica-process.ts'
import { FaultyLink, type Weather } from './faulty-link.ts'

const STATUS_MS = 1_500

/** Replicas as processes that reach each other through faulty links alone, one for each that dials another. */
export class Cluster {
  readonly replicas: readonly ReplicaProcess[]
  readonly #links: readonly FaultyLink[][]
  /** Those that are stopped for a while. */
  readonly #standing = new Set<ReplicaProcess>()

  private constructor(replicas: readonly ReplicaProcess[], links: readonly FaultyLink[][]) {
    this.replicas = replicas
    this.#links = links
  }

  static async start(size: number): Promise<Cluster> {
    // Nobody answers where a replica says that it is: all must dial through the links.
    const [ports, nowhere] = [await freePorts(size), await freePorts(size)]
    const links = ports.map(() => ports.map((port) => new FaultyLink(port)))
    const replicas: ReplicaProcess[] = []
    for (const [at, port] of ports.entries()) {
      const others = (links[at] ?? []).filter((_, to) => to !== at)
      const peers = await Promise.all(others.map((link) => link.listen()))
      const args = ['--advertise', `ws://127.0.0.1:${nowhere[at]}`]
      replicas.push(new ReplicaProcess(port, { peers, args }))
    }
    await Promise.all(replicas.map((replica) => replica.start()))
    return new Cluster(replicas, links)
  }

  /** Whatever goes between two of them, whoever dialled. */
  turn(a: number, b: number, weather: Weather): void {
    this.#links[a]?.[b]?.turn(weather)
    this.#links[b]?.[a]?.turn(weather)
  }

  async kill(at: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.wake(at)
    await this.replicas[at]?.end(signal)
  }

  async restart(at: number): Promise<void> {
    if (this.replicas[at]?.isRunning === false) await this.replicas[at]?.start()
  }

  /** It stands still until it is woken. */
  stand(at: number): void {
    const replica = this.replicas[at]
    if (replica === undefined || !replica.isRunning || this.#standing.has(replica)) return
    this.#standing.add(replica)
    process.kill(replica.pid, 'SIGSTOP')
  }

  wake(at: number): void {
    const replica = this.replicas[at]
    if (replica !== undefined && this.#standing.delete(replica))
      process.kill(replica.pid, 'SIGCONT')
  }

  /** Everything is well again, for good. */
  async heal(): Promise<void> {
    for (const link of this.#links.flat()) link.turn('clear')
    for (const at of this.replicas.keys()) {
      this.wake(at)
      await this.restart(at)
    }
  }

  async end(): Promise<void> {
    for (const at of this.replicas.keys()) await this.kill(at, 'SIGKILL')
    for (const link of this.#links.flat()) link.close()
    for (const replica of this.replicas) replica.remove()
  }

  /** Of those that answer. */
  async statuses(): Promise<ReplicaStatus[]> {
    const answers = await Promise.allSettled(
      this.replicas.filter(({ isRunning }) => isRunning).map((replica) => statusOf(replica)),
    )
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  }

  /** What each says of itself and of its links, for whoever looks for a cause. */
  async told(): Promise<string> {
    const statuses = await this.statuses()
    const told = statuses.map(({ replica, version, divergence, readOnly, members, store }) => {
      const links = members.map(({ replica: id, address, state }) => {
        return `${id?.slice(0, 4) ?? `somebody at ${address}`} ${state}`
      })
      return { replica, version, divergence, readOnly, links, damaged: store.damaged }
    })
    return JSON.stringify(told)
  }

  /** Replicas that show a stable version which somebody does not have (rule L6). */
  async overclaims(): Promise<string[]> {
    const shown = await this.statuses()
    // What was stable before is held by everybody now: versions only grow.
    const versions = (await this.statuses()).map(({ version }) => versionOf(version))
    const isWrong = (stable: Version): boolean => versions.some((held) => !covers(held, stable))
    const wrong = shown.filter(({ stable }) => isWrong(versionOf(stable)))
    return wrong.map(
      ({ replica, stable }) => `${replica} shows as stable ${JSON.stringify(stable)}`,
    )
  }

  /** The process of each; of those that do not run, `undefined`. */
  get pids(): (number | undefined)[] {
    return this.replicas.map(({ isRunning, pid }) => (isRunning ? pid : undefined))
  }
}

function versionOf(json: Readonly<Record<string, number>>): Version {
  return new Map(Object.entries(json)) as ReadonlyMap<string, number> as ReadonlyMap<
    ReplicaId,
    number
  >
}

async function statusOf(replica: ReplicaProcess): Promise<ReplicaStatus> {
  const response = await fetch(`${replica.url}/status`, { signal: AbortSignal.timeout(STATUS_MS) })
  return (await response.json()) as ReplicaStatus
}
