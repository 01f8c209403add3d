import { element, setText } from './dom.ts'
import { icon } from './icon.ts'
import type { Pane } from './pane.ts'
import { fetchRecording, readRecording, type Recording } from './recording.ts'
import { ReplayPlayer } from './replay-player.ts'
import { replaySentence } from './replay-words.ts'
import type { Progress } from './replay.ts'

/**
 * The controls that replay a recording: which, how fast, play and stop, and what is going on. One
 * recording plays at a time, always into an empty document: another is opened where this one has
 * text already.
 */
export interface ReplayBarOptions {
  readonly traces: readonly string[]
  readonly panes: readonly Pane[]
  /** Opens a document that is new for all panes, named after a recording; returns its name. */
  readonly openFresh: (recording: string) => string
}

const SPEEDS = [
  ['Keystrokes, 15 a second', 15],
  ['Fast, 150 a second', 150],
  ['Very fast, 1,500 a second', 1500],
  ['As fast as the page can', 1_000_000],
] as const
const SYNC_TIMEOUT_MS = 3000

export class ReplayBar {
  readonly root: HTMLElement
  readonly #options: ReplayBarOptions
  readonly #choice: HTMLSelectElement
  readonly #speed: HTMLSelectElement
  readonly #button = element('button', { type: 'button', class: 'play-button' })
  readonly #file = element('input', { type: 'file', accept: '.json,.gz', id: 'recording-file' })
  readonly #state = element('p', { class: 'replay-state', role: 'status' })
  readonly #progress = element('progress', { max: '1', value: '0', hidden: '' })
  #player: ReplayPlayer | undefined
  #recording: Recording | undefined

  constructor(options: ReplayBarOptions) {
    this.#options = options
    this.#choice = select(
      'Recording',
      options.traces.map((name) => [name, name]),
    )
    this.#speed = select(
      'Speed',
      SPEEDS.map(([label, speed]) => [label, String(speed)]),
    )
    this.#speed.selectedIndex = 1
    this.#progress.setAttribute('aria-label', 'Replayed')
    this.#listen()
    this.#showButton()
    this.root = this.#build()
  }

  /** Ends what is playing, as when another document is opened. */
  stop(): void {
    this.#player?.stop()
    this.#player = undefined
    this.#showButton()
  }

  #build(): HTMLElement {
    const label = element('label', { class: 'file-label', for: this.#file.id })
    label.append(icon('file'), 'Open a file')
    const credit = element('p', { class: 'credit' }, 'Recordings: editing-traces, CC BY 4.0')
    const title = element('h2', {}, 'Replay a recording')
    const controls = element('div', { class: 'replay-controls' }, title)
    if (this.#options.traces.length > 0) controls.append(this.#choice)
    controls.append(this.#speed, this.#button, this.#file, label)
    const bar = { class: 'replay', 'aria-label': 'Replay a recording' }
    return element('section', bar, controls, this.#progress, this.#state, credit)
  }

  #listen(): void {
    this.#button.addEventListener('click', () => {
      if (this.#player !== undefined) {
        this.stop()
        setText(this.#state, 'Stopped. What was typed stays.')
      } else {
        void this.#load(fetchRecording(this.#choice.value))
      }
    })
    this.#file.addEventListener('change', () => {
      const file = this.#file.files?.[0]
      this.#file.value = ''
      if (file !== undefined) void this.#load(readRecording(file.name, file))
    })
    this.#speed.addEventListener('change', () => {
      if (this.#player !== undefined) this.#player.speed = Number(this.#speed.value)
    })
  }

  async #load(loading: Promise<Recording>): Promise<void> {
    this.stop()
    setText(this.#state, 'Loading the recording…')
    this.#button.disabled = true
    try {
      const recording = await loading
      const fresh = await this.#makeRoom(recording.name)
      this.#play(recording, fresh)
    } catch (error) {
      setText(this.#state, error instanceof Error ? error.message : String(error))
    }
    this.#button.disabled = false
  }

  /** Returns the name of the document that was opened because this one is not known to be empty. */
  async #makeRoom(name: string): Promise<string | undefined> {
    const { panes } = this.#options
    const synced = await Promise.all(panes.map((pane) => pane.synced(SYNC_TIMEOUT_MS)))
    const empty = synced.every(Boolean) && panes.every((pane) => pane.text === '')
    return empty ? undefined : this.#options.openFresh(name)
  }

  #play(recording: Recording, fresh: string | undefined): void {
    this.#recording = recording
    this.#player = new ReplayPlayer(this.#options.panes, recording, {
      speed: Number(this.#speed.value),
      progress: (progress) => this.#showProgress(progress, fresh),
      typed: () => setText(this.#state, 'All is typed. Waiting until every pane has it…'),
      agreed: () => {
        this.stop()
        setText(this.#state, 'Done: every pane shows the recording’s final text.')
      },
    })
    this.#showButton()
  }

  #showProgress(progress: Progress, fresh: string | undefined): void {
    this.#progress.max = progress.total
    this.#progress.value = progress.typed
    const letters = this.#options.panes.map((pane) => pane.letter)
    const authors = this.#recording?.trace.agentCount ?? 1
    setText(this.#state, replaySentence({ ...progress, letters, authors, fresh }))
  }

  #showButton(): void {
    const playing = this.#player !== undefined
    this.#progress.hidden = !playing
    // Without recordings to choose from, a file is what starts a replay.
    this.#button.hidden = !playing && this.#options.traces.length === 0
    this.#button.replaceChildren(icon(playing ? 'stop' : 'play'), playing ? 'Stop' : 'Play')
  }
}

function select(label: string, options: readonly (readonly [string, string])[]): HTMLSelectElement {
  const items = options.map(([text, value]) => element('option', { value }, text))
  return element('select', { 'aria-label': label }, ...items)
}
