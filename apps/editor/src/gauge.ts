import { countEntries, gapsOf, type Divergence } from './divergence.ts'
import { element, setAttribute, setText } from './dom.ts'
import type { Origin } from './survey.ts'

/**
 * The picture of divergence: R and U are two marks that touch while everybody has everything, and
 * are pulled apart by the entries between them, each a bead in the colour of the replica that made
 * it. A few entries are beads side by side; many are drawn as fewer beads, over a distance that grows
 * with the logarithm of their number, so that one is seen and a thousand fit.
 */
const BEAD_PX = 15
/** Room for the two marks, in pixels. */
const MARKS_PX = 220
/** Entries at which the marks are as far apart as they get. */
const ENTRIES_AT_FULL_WIDTH = 100

export class Gauge {
  readonly root: HTMLElement
  readonly #stable = element('b', { 'data-stable': '' }, '0')
  readonly #union = element('b', { 'data-union': '' }, '0')
  readonly #beads = element('span', { class: 'gauge-beads', 'aria-hidden': 'true' })

  constructor() {
    const stable = element('span', { class: 'gauge-mark' }, element('abbr', {}, 'R'), this.#stable)
    const union = element('span', { class: 'gauge-mark' }, element('abbr', {}, 'U'), this.#union)
    setAttribute(stable, 'title', 'R: entries that every replica has')
    setAttribute(union, 'title', 'U: entries that any replica has')
    this.root = element('div', { class: 'gauge' }, stable, this.#beads, union)
  }

  show(divergence: Divergence, origins: readonly Origin[]): void {
    const { entries } = divergence
    setText(this.#stable, countEntries(divergence.stable).toLocaleString('en'))
    setText(this.#union, countEntries(divergence.union).toLocaleString('en'))
    setAttribute(this.root, 'data-apart', entries > 0 ? 'yes' : 'no')
    const widthPx = distancePx(entries, this.root.clientWidth - MARKS_PX)
    this.#beads.style.width = `${widthPx}px`
    this.#showBeads(divergence, origins, Math.floor(widthPx / BEAD_PX))
  }

  #showBeads(divergence: Divergence, origins: readonly Origin[], beadsMax: number): void {
    const perBead = Math.max(1, divergence.entries / Math.max(1, beadsMax))
    const hues = gapsOf(divergence).flatMap(({ origin, entries }) => {
      const hue = origins.find(({ replica }) => replica === origin)?.hue
      return Array<string>(Math.ceil(entries / perBead)).fill(String(hue ?? 'other'))
    })
    const key = hues.join()
    if (this.#beads.dataset['key'] === key) return
    this.#beads.dataset['key'] = key
    this.#beads.replaceChildren(...hues.map((hue) => element('i', { 'data-hue': hue })))
  }
}

function distancePx(entries: number, widthPxMax: number): number {
  const share = Math.min(1, Math.log1p(entries) / Math.log1p(ENTRIES_AT_FULL_WIDTH))
  const wanted = Math.max(entries * BEAD_PX, share * widthPxMax)
  return Math.round(Math.max(0, Math.min(wanted, widthPxMax)))
}
