import type { SimulatedClient } from '../simulated-client.ts'
import type { World } from '../world.ts'
import { differing } from './differing.ts'
import type { ChangeRow, ClientFacts, ClientState } from './page/recording.ts'
import type { Between } from './network-watch.ts'

/** Looks at the clients of a world again and again. */
export class ClientWatch {
  readonly facts: ClientFacts[] = []
  readonly changes: ChangeRow<ClientState>[] = []
  readonly #world: World
  readonly #clients: SimulatedClient[] = []
  readonly #states: ClientState[] = []

  constructor(world: World) {
    this.#world = world
  }

  look(): readonly Between[] {
    const happened: Between[] = []
    for (const client of this.#world.clients) {
      if (!this.#clients.includes(client)) happened.push(...this.#come(client))
    }
    for (const [place, client] of this.#clients.entries()) {
      happened.push(...this.#lookAt(client, place))
    }
    return happened
  }

  #come(client: SimulatedClient): readonly Between[] {
    const { name, kind, document } = client
    this.#clients.push(client)
    this.facts.push({ name, kind, document })
    if (this.#world.agenda.now === 0) return []
    return [[['came', `${name} comes, to write in ${document}`], []]]
  }

  *#lookAt(client: SimulatedClient, place: number): Generator<Between> {
    const before = this.#states[place]
    const after = this.#stateOf(client)
    const changed = differing(before, after)
    if (changed === undefined) return
    this.#states[place] = after
    this.changes.push([this.#world.agenda.now, place, changed])
    const where = after.at < 0 ? ', offline' : `, at ${this.#world.replicas[after.at]?.name}`
    const places = after.at < 0 ? [] : [after.at]
    if (after.isGone) return yield [['left', `${client.name} goes for good`], places]
    if (before !== undefined && before.at !== after.at) {
      if (after.at < 0) yield [['detached', `${client.name} is offline`], [before.at]]
      else yield [['attached', `${client.name} attaches itself${where}`], places]
    }
    const made = after.made - (before?.made ?? 0)
    if (made > 0) yield [['typed', `${client.name} types ${edits(made)}${where}`], places]
    const acked = after.acked - (before?.acked ?? 0)
    if (acked <= 0) return
    yield [
      ['told', `${client.name} is told that ${acked} of its edits ${isOrAre(acked)} durable`],
      places,
    ]
  }

  #stateOf(client: SimulatedClient): ClientState {
    const { replicas, clients } = this.#world
    const at = client.replica === undefined ? -1 : replicas.indexOf(client.replica)
    const isGone = !clients.includes(client)
    return { at, isGone, made: client.made.length, acked: client.acked.size }
  }
}

function edits(count: number): string {
  return count === 1 ? 'one edit' : `${count} edits`
}

function isOrAre(count: number): string {
  return count === 1 ? 'is' : 'are'
}
