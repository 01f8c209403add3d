import { setAttribute, setText } from './dom.ts'
import { pairsAmong } from './pairs.ts'
import type { Run } from './run.ts'
import { countText, listText, secondsText } from './times.ts'
import { troublesAt } from './troubles.ts'

/** Pairs that are named; of more only the number is said. */
const PAIRS_NAMED = 4

interface Nodes {
  readonly node: HTMLElement
  readonly sentence: HTMLElement
  readonly detail: HTMLElement
  readonly time: HTMLElement
}

/** The moment in one sentence, and what is wrong in another. */
export class Headline {
  readonly #nodes: Nodes
  readonly #run: Run

  constructor(nodes: Nodes, run: Run) {
    this.#nodes = nodes
    this.#run = run
  }

  show(ms: number): void {
    const { node, sentence, detail, time } = this.#nodes
    const { apart } = this.#run.truthAt(ms)
    const troubles = troublesAt(this.#run, ms)
    const isTroubled = troubles.length > 0
    setText(time, secondsText(ms))
    setText(sentence, apart === 0 ? 'Everybody has everything.' : apartText(apart))
    setText(detail, isTroubled ? `${troubles.join('; ')}.` : this.#untroubled(ms))
    setAttribute(node, 'data-mood', apart === 0 ? 'calm' : isTroubled ? 'apart' : 'moving')
    setAttribute(node, 'data-divergence', `${apart}`)
  }

  #untroubled(ms: number): string {
    const { faultsEndMs } = this.#run.recording
    const begin = ms >= faultsEndMs ? 'All faults have ended: everybody is up' : 'Everybody is up'
    const unlinked = this.#unlinked(ms)
    if (unlinked.length === 0) return `${begin}, and linked to everybody.`
    if (unlinked.length > PAIRS_NAMED) return `${begin}; ${unlinked.length} pairs have no link.`
    return `${begin}; ${listText(unlinked)} ${unlinked.length === 1 ? 'has' : 'have'} no link.`
  }

  #unlinked(ms: number): readonly string[] {
    const { replicas } = this.#run.recording
    const pairs = pairsAmong(replicas.length).filter((pair) => {
      const areThere = pair.every((place) => this.#run.replicaAt(place, ms) !== undefined)
      return areThere && this.#run.laneAt(pair[0], pair[1], ms) === 'none'
    })
    return pairs.map(([a, b]) => `${replicas[a]} – ${replicas[b]}`)
  }
}

function apartText(apart: number): string {
  return `${countText(apart, 'entry is', 'entries are')} not everywhere.`
}
