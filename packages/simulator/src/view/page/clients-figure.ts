import { drawing, setAll, setAttribute, setText } from './dom.ts'
import { clientPlace, TRAY, type Places, type Point } from './places.ts'
import type { Run } from './run.ts'
import { countText } from './times.ts'

const SIZE = 20

/** The clients, each beside the replica that it is attached to, or in the tray of those that are offline. */
export class ClientsFigure {
  readonly node: SVGGElement
  readonly #run: Run
  readonly #tags: readonly ClientTag[]
  readonly #trayLabel = drawing('text', { class: 'tray-label' }, 'offline')

  constructor(run: Run) {
    this.#run = run
    this.#tags = run.recording.clients.map(({ name }) => new ClientTag(name))
    this.node = drawing('g', { class: 'clients' }, this.#trayLabel)
    this.node.append(...this.#tags.map(({ node }) => node))
  }

  show(places: Places, ms: number): void {
    const byReplica = new Map<number, number[]>()
    for (const place of this.#tags.keys()) {
      const state = this.#run.clientAt(place, ms)
      this.#tags[place]?.describe(this.#describe(place, ms), state)
      if (state === undefined) continue
      byReplica.set(state.at, [...(byReplica.get(state.at) ?? []), place])
    }
    for (const [replica, clients] of byReplica) this.#seat(places, replica, clients)
    const isOffline = byReplica.has(-1)
    setAll(this.#trayLabel, { x: 14, y: places.height - TRAY / 2 + 4 })
    setAttribute(this.#trayLabel, 'visibility', isOffline ? 'visible' : 'hidden')
  }

  #seat(places: Places, replica: number, clients: readonly number[]): void {
    for (const [at, place] of clients.entries()) {
      const tag = this.#tags[place]
      if (replica < 0) {
        tag?.sit({ x: 74 + at * 27, y: places.height - TRAY / 2 })
      } else {
        const there = clientPlace(places, replica, at, clients.length)
        tag?.sit(there, places.replicas[replica], places.radius)
      }
    }
  }

  #describe(place: number, ms: number): string {
    const facts = this.#run.recording.clients[place]
    const state = this.#run.clientAt(place, ms)
    if (facts === undefined || state === undefined) return ''
    const made = countText(state.made, 'edit', 'edits')
    return `${facts.name}, a ${facts.kind} client, in ${facts.document}: ${made}, ${state.acked} told durable`
  }
}

/** A client: its number, and a dot while it made something that it was not told is durable. */
class ClientTag {
  readonly node: SVGGElement
  readonly #tie = drawing('line', { class: 'tie' })
  readonly #tag: SVGGElement
  readonly #title = drawing('title')

  constructor(name: string) {
    const box = { x: -SIZE / 2, y: -SIZE / 2, width: SIZE, height: SIZE, rx: 5 }
    this.#tag = drawing(
      'g',
      {},
      this.#title,
      drawing('rect', box),
      drawing('text', { y: 4 }, name.replace(/^\D+/, '')),
      drawing('circle', { class: 'unsaved', cx: SIZE / 2 - 1, cy: 1 - SIZE / 2, r: 4 }),
    )
    this.node = drawing('g', { class: 'client' }, this.#tie, this.#tag)
  }

  describe(title: string, state: { made: number; acked: number } | undefined): void {
    setAttribute(this.node, 'visibility', state === undefined ? 'hidden' : 'visible')
    setAttribute(
      this.node,
      'data-unsaved',
      state !== undefined && state.acked < state.made ? 'yes' : 'no',
    )
    setText(this.#title, title)
  }

  sit({ x, y }: Point, replica?: Point, radius = 0): void {
    setAttribute(this.#tag, 'transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`)
    setAttribute(this.#tie, 'visibility', replica === undefined ? 'hidden' : 'inherit')
    if (replica === undefined) return
    const length = Math.hypot(x - replica.x, y - replica.y) || 1
    const edge = (radius + 8) / length
    const near = { x: replica.x + (x - replica.x) * edge, y: replica.y + (y - replica.y) * edge }
    setAll(this.#tie, { x1: near.x, y1: near.y, x2: x, y2: y })
  }
}
