import type { Awareness } from 'y-protocols/awareness'

/**
 * Shows whose the carets in an editor are while they move, and shortly after; then the names get out
 * of the way of the text, and come back under the pointer. The names are CSS's matter, this only says
 * when: by the class `carets-moving` on the editor's host.
 */
const SHOWN_MS = 2000
const MOVING = 'carets-moving'

interface Changes {
  readonly added: readonly number[]
  readonly updated: readonly number[]
}

export class CaretLabels {
  readonly #host: HTMLElement
  readonly #awareness: Awareness
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(host: HTMLElement, awareness: Awareness) {
    this.#host = host
    this.#awareness = awareness
    awareness.on('change', this.#changed)
  }

  stop(): void {
    this.#awareness.off('change', this.#changed)
    this.#hide()
  }

  readonly #changed = ({ added, updated }: Changes): void => {
    const others = [...added, ...updated].some((client) => client !== this.#awareness.clientID)
    if (!others) return
    clearTimeout(this.#timer)
    this.#host.classList.add(MOVING)
    this.#timer = setTimeout(() => this.#hide(), SHOWN_MS)
  }

  #hide(): void {
    clearTimeout(this.#timer)
    this.#host.classList.remove(MOVING)
  }
}
