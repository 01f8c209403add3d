import type { Story } from './story.ts'

/**
 * Tells screen readers what changed, politely. Only what has lasted is said: while somebody types,
 * entries are on their way and arrive several times a second, which is nothing to be told.
 */
const SETTLED_MS = 1200

export class Announcer {
  readonly #region: Element
  #said: string | undefined
  #pending: string | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(region: Element) {
    this.#region = region
  }

  /** The count is left out while replicas are apart: it changes with every key. */
  hear({ mood, headline, detail }: Story): void {
    const sentence =
      mood === 'apart' ? `Not all replicas reach each other. ${detail}` : `${headline} ${detail}`
    if (mood === 'moving' || sentence === this.#pending) return
    this.#pending = sentence
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#say(sentence), SETTLED_MS)
  }

  #say(sentence: string): void {
    if (sentence === this.#said) return
    this.#said = sentence
    this.#region.textContent = sentence
  }
}
