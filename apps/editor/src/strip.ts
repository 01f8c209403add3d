import { element, setAttribute, setText } from './dom.ts'
import { Gauge } from './gauge.ts'
import type { Story } from './story.ts'
import type { Survey } from './survey.ts'
import { VersionTable } from './version-table.ts'

/**
 * The strip across the page: the situation as a sentence, as the gauge of R and U, and in numbers.
 * `data-divergence` holds the count of entries in U \ R, for tests and for style. Numbers and gauge are
 * always of the last look; the sentence returns to calm only after a moment of it, or it would
 * flicker with every key.
 */
const CALM_AFTER_MS = 700

export class Strip {
  readonly root: HTMLElement
  readonly #headline = element('p', { class: 'headline' }, 'Looking for the replicas…')
  readonly #detail = element('p', { class: 'detail' })
  readonly #gauge = new Gauge()
  readonly #table = new VersionTable()
  #movedAtMs = -Infinity

  constructor() {
    const story = element('div', { class: 'story' }, this.#headline, this.#detail)
    const left = element('div', { class: 'strip-picture' }, story, this.#gauge.root)
    const right = element('div', { class: 'strip-numbers' }, this.#table.root, explanation())
    this.root = element(
      'section',
      { class: 'strip', 'data-strip': '', 'data-mood': 'unknown', 'aria-label': 'Who has what' },
      left,
      right,
    )
  }

  show(survey: Survey): void {
    const { story, divergence, origins } = survey
    setAttribute(this.root, 'data-divergence', String(divergence.entries))
    this.#tell(story)
    this.#gauge.show(divergence, origins)
    this.#table.show(survey)
  }

  #tell({ mood, headline, detail }: Story): void {
    const nowMs = performance.now()
    if (mood === 'moving') this.#movedAtMs = nowMs
    if (mood === 'calm' && nowMs - this.#movedAtMs < CALM_AFTER_MS) return
    setAttribute(this.root, 'data-mood', mood)
    setText(this.#headline, headline)
    setText(this.#detail, detail)
  }
}

function explanation(): HTMLElement {
  return element(
    'details',
    { class: 'explanation' },
    element('summary', {}, 'What are R and U?'),
    element(
      'p',
      {},
      'Each replica gathers what is typed at it into numbered entries, one to a saved batch. ',
      element('b', {}, 'R'),
      ' is what every replica has saved, ',
      element('b', {}, 'U'),
      ' what at least one has. What lies between them is the divergence. Typing pulls U ahead; ',
      'gossip pulls R after it. Whenever typing stops and the cables are whole, R reaches U, and ',
      'all panes show the same text: that is eventual consistency.',
    ),
  )
}
