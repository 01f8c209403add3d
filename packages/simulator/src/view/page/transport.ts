import { byId, byTag, element, setAttribute, setText } from './dom.ts'
import type { Player } from './player.ts'
import type { Scale } from './scale.ts'
import { secondsText } from './times.ts'

/** How many ms of the person who looks on one virtual ms takes. */
const SLOWNESS = [500, 200, 50, 20, 10, 1, 0.2]
/** A frame that takes as long as most do is on its way for about this long, as it is seen. */
const FLIGHT_SEEN_MS = 400

/** The buttons, the slider and the choice of speed. */
export class Transport {
  readonly #player: Player
  readonly #scale: Scale
  readonly #slider = byTag('input', 'slider')
  readonly #play = byId('play')
  readonly #now = byId('now')
  readonly #playhead = byId('playhead')

  constructor(player: Player, scale: Scale) {
    this.#player = player
    this.#scale = scale
    const { max } = this.#slider
    this.#slider.addEventListener('input', () => {
      player.stopAt(Math.round(scale.msOf(Number(this.#slider.value) / Number(max))))
    })
    this.#play.addEventListener('click', () => player.toggle())
    const hurry = byTag('input', 'hurry')
    hurry.addEventListener('change', () => (player.isHurrying = hurry.checked))
  }

  /** Offers speeds, of which one suits frames that take up to `latencyMs`. */
  offerSpeeds(latencyMs: number): void {
    const select = byTag('select', 'speed')
    const wanted = FLIGHT_SEEN_MS / (latencyMs / 2 + 0.5)
    const best = SLOWNESS.find((slowness) => slowness <= wanted) ?? 1
    for (const slowness of SLOWNESS) {
      select.append(element('option', { value: slowness }, speedText(slowness)))
    }
    select.value = `${best}`
    this.#player.speed = 1 / best
    select.addEventListener('change', () => (this.#player.speed = 1 / Number(select.value)))
  }

  show(): void {
    const { ms, isPlaying } = this.#player
    const value = Math.round(this.#scale.partOf(ms) * Number(this.#slider.max))
    if (Number(this.#slider.value) !== value) this.#slider.value = `${value}`
    this.#playhead.style.setProperty('--part', `${this.#scale.partOf(ms)}`)
    setAttribute(this.#slider, 'aria-valuetext', secondsText(ms))
    setAttribute(this.#play, 'aria-label', isPlaying ? 'Pause' : 'Play')
    setAttribute(this.#play, 'data-playing', isPlaying ? 'yes' : 'no')
    setText(this.#now, secondsText(ms))
  }
}

function speedText(slowness: number): string {
  if (slowness === 1) return 'real time'
  return slowness > 1 ? `${slowness} × slower` : `${1 / slowness} × faster`
}
