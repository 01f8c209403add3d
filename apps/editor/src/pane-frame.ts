import { element } from './dom.ts'
import { icon } from './icon.ts'

/** The elements of a pane: heading, notice, the place for the editor, and the line below it. */
export interface PaneFrame {
  readonly root: HTMLElement
  readonly id: HTMLElement
  /** How many entries the replica lacks. */
  readonly lag: HTMLElement
  readonly unplug: HTMLButtonElement
  readonly notice: HTMLElement
  readonly host: HTMLElement
  readonly saved: HTMLElement
  readonly footer: HTMLElement
}

/** Whose pane it is; `name` is as it stands in a sentence, "replica A". */
export interface Nameplate {
  readonly letter: string
  readonly name: string
  /** What the badge shows. */
  readonly badge: string
  readonly address: string
  readonly hue: number
}

export function paneFrame(plate: Nameplate): PaneFrame {
  const { letter, name, badge, address, hue } = plate
  const { hostname, port } = new URL(address)
  const id = element('span', { class: 'replica-id' })
  const lag = element('span', { class: 'lag' })
  const unplug = element('button', { type: 'button', class: 'quiet-button', 'data-unplug': letter })
  const notice = element('p', { class: 'notice', hidden: '' })
  const host = element('div', { class: 'editor-host' })
  const saved = element('span', { class: 'saved' })
  const footer = element('footer', {}, saved)
  const title = element(
    'h2',
    {},
    element('span', { class: 'badge', 'aria-hidden': 'true' }, badge),
    element('span', { class: 'visually-hidden' }, `${name} `),
    element(
      'span',
      { class: 'address' },
      element('span', { class: 'host' }, hostname),
      port === '' ? '' : `:${port}`,
    ),
    id,
  )
  const root = element(
    'section',
    { class: 'pane', 'data-pane': letter, 'data-hue': String(hue) },
    element('header', {}, title, lag, unplug),
    notice,
    host,
    footer,
  )
  root.setAttribute('aria-label', name)
  return { root, id, lag, unplug, notice, host, saved, footer }
}

export function labelUnplug(button: HTMLButtonElement, name: string, plugged: boolean): void {
  const text = plugged ? 'Unplug' : 'Plug in'
  if (button.dataset['action'] === text) return
  button.dataset['action'] = text
  button.replaceChildren(icon(plugged ? 'unplug' : 'plug'), text)
  button.setAttribute('aria-label', `${text} ${name}`)
}
