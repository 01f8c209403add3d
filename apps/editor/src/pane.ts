import { connect, type Client } from '@rejoin/client'
import type * as Y from 'yjs'

import { setAttribute, setText } from './dom.ts'
import { PaneDocument } from './pane-document.ts'
import { labelUnplug, paneFrame, type PaneFrame } from './pane-frame.ts'
import { noticeOf, savedMeaning, savedState, savedText, type Holding } from './pane-words.ts'
import { PeopleList, type Visitor } from './people.ts'
import type { Person } from './person.ts'
import { shortId } from './survey.ts'

/**
 * One pane: a client of one replica with a document and an editor of its own. Panes know nothing of
 * each other; that they show the same text is the replicas' doing.
 */
export interface PaneOptions {
  readonly letter: string
  readonly address: string
  readonly hue: number
  /** Whether other panes stand beside it; carets then say at which replica they are. */
  readonly studio: boolean
  readonly invitation: string
  readonly person: Person
  /** The unplug button was pressed. */
  readonly toggled: () => void
}

/** What the page knows about the replica of a pane. */
export interface PaneView {
  readonly replica: string | undefined
  /** Whether a cable is not cut; `undefined` where there are no cables to speak of. */
  readonly plugged: boolean | undefined
  readonly switchable: boolean
  /** Entries that someone has and this replica lacks. */
  readonly lacks: number
}

export class Pane {
  readonly root: HTMLElement
  readonly letter: string
  readonly #options: PaneOptions
  readonly #frame: PaneFrame
  /** The replica in a sentence. */
  readonly #name: string
  readonly #people = new PeopleList()
  readonly #client: Client
  #visitors: Visitor[] = []
  #person: Person
  #failed = false
  #refusal: string | undefined
  #document: PaneDocument | undefined

  constructor(options: PaneOptions) {
    this.#options = options
    this.#person = options.person
    const { letter, studio, address, hue } = options
    this.letter = letter
    this.#name = studio ? `replica ${letter}` : 'the replica'
    const badge = studio ? letter : '•'
    this.#frame = paneFrame({ letter, name: this.#name, badge, address, hue })
    this.#frame.footer.append(this.#people.root)
    this.#frame.unplug.addEventListener('click', options.toggled)
    this.root = this.#frame.root
    this.#client = connect(address.replace(/^http/, 'ws'))
    this.#client.on('status', () => this.#connectionChanged())
  }

  /** Leaves the document that is open, if one is, and opens `name`. */
  open(name: string): void {
    this.#document?.leave()
    this.#refusal = undefined
    this.#document = new PaneDocument({
      client: this.#client,
      name,
      host: this.#frame.host,
      replicaName: this.#name,
      invitation: this.#options.invitation,
      pendingChanged: () => this.#showHolding(),
      peopleChanged: (visitors) => this.#showPeople(visitors),
      failed: (reason) => this.#showRefusal(reason),
    })
    this.introduce(this.#person)
    this.#showHolding()
  }

  introduce(person: Person): void {
    this.#person = person
    this.#document?.introduce(person, this.#options.studio ? ` · ${this.letter}` : '')
    this.#showPeople(this.#visitors)
  }

  show({ replica, plugged, switchable, lacks }: PaneView): void {
    const { root, id, lag, unplug } = this.#frame
    setText(id, replica === undefined ? '' : shortId(replica))
    setAttribute(id, 'title', replica === undefined ? '' : `Replica id ${replica}`)
    setAttribute(root, 'data-plugged', plugged === false ? 'no' : 'yes')
    setAttribute(root, 'data-lacks', String(lacks))
    setText(lag, lacks > 0 ? `lacks ${lacks.toLocaleString('en')}` : '')
    unplug.hidden = plugged === undefined
    unplug.disabled = !switchable
    labelUnplug(unplug, this.#name, plugged !== false)
  }

  get text(): string {
    return this.#opened().text
  }

  get doc(): Y.Doc {
    return this.#opened().doc
  }

  /** Resolves once what the replica holds has arrived; false when it has not in `timeoutMs`. */
  synced(timeoutMs: number): Promise<boolean> {
    return this.#opened().synced(timeoutMs)
  }

  /** Types recorded updates, as one edit that the client sends like any other. */
  type(updates: readonly Uint8Array[]): void {
    this.#opened().type(updates)
  }

  /** Keeps the newest change in sight until the returned function is called. */
  follow(): () => void {
    return this.#opened().follow()
  }

  #opened(): PaneDocument {
    if (this.#document === undefined) throw new Error('no document is open in this pane')
    return this.#document
  }

  #connectionChanged(): void {
    const { status } = this.#client
    if (status === 'disconnected') this.#failed = true
    if (status === 'connected') this.#failed = false
    this.#showHolding()
  }

  #showRefusal(reason: string): void {
    this.#refusal = reason
    this.#showHolding()
  }

  #showPeople(visitors: Visitor[]): void {
    this.#visitors = visitors
    this.#people.show(visitors, this.#person.id)
  }

  #showHolding(): void {
    const holding: Holding = {
      name: this.#name,
      connected: this.#client.status === 'connected',
      failed: this.#failed,
      pendingEdits: this.#document?.pendingEdits ?? 0,
      refusal: this.#refusal,
    }
    const { saved, notice, root } = this.#frame
    setAttribute(root, 'data-saved', savedState(holding))
    setText(saved, savedText(holding))
    setAttribute(saved, 'title', savedMeaning(holding))
    const text = noticeOf(holding)
    setText(notice, text)
    notice.hidden = text === ''
  }
}
