import type { Client, OpenDocument } from '@rejoin/client'
import * as Y from 'yjs'

import { CaretLabels } from './caret-labels.ts'
import { followChanges, openEditor, REPLAY_ORIGIN } from './pane-editor.ts'
import { introduce, visitorsOf, type Visitor } from './people.ts'
import type { Person } from './person.ts'

/**
 * The document that is open in a pane, with its editor. When it is left with edits that are not
 * durable yet, it stays attached, out of sight, until they are: changing documents while the replica
 * is away loses nothing.
 */
export interface PaneDocumentOptions {
  readonly client: Client
  readonly name: string
  readonly host: HTMLElement
  /** The replica in a sentence. */
  readonly replicaName: string
  readonly invitation: string
  /** Edits became pending or durable. */
  readonly pendingChanged: () => void
  readonly peopleChanged: (people: Visitor[]) => void
  /** The replica refused an edit, or sent what could not be applied; a reason for a person. */
  readonly failed: (reason: string) => void
}

const CONTENT = 'content'

export class PaneDocument {
  readonly #document: OpenDocument
  readonly #text: Y.Text
  readonly #follow: () => () => void
  readonly #leave: () => void

  constructor(options: PaneDocumentOptions) {
    const { client, name, host: parent, replicaName, invitation, pendingChanged, failed } = options
    const document = client.open(name)
    const { awareness, doc } = document
    const text = doc.getText(CONTENT)
    const label = `${name}, at ${replicaName}`
    const view = openEditor({ parent, text, awareness, label, invitation })
    const labels = new CaretLabels(parent, awareness)
    const peopleChanged = () => options.peopleChanged(visitorsOf(awareness))
    const refused = ({ reason }: { readonly reason: string }) => failed(reason)
    const broke = ({ message }: Error) => failed(message)
    awareness.on('change', peopleChanged)
    document.on('pending', pendingChanged)
    document.on('refused', refused)
    document.on('failed', broke)
    this.#document = document
    this.#text = text
    this.#follow = () => followChanges(view, text)
    this.#leave = () => {
      awareness.off('change', peopleChanged)
      document.off('pending', pendingChanged)
      document.off('refused', refused)
      document.off('failed', broke)
      awareness.setLocalState(null)
      labels.stop()
      view.destroy()
      leaveOnceDurable(document, () => awareness.getLocalState() !== null)
    }
  }

  leave(): void {
    this.#leave()
  }

  introduce(person: Person, suffix: string): void {
    introduce(this.#document.awareness, person, suffix)
  }

  get pendingEdits(): number {
    return this.#document.pending.edits
  }

  get text(): string {
    return this.#text.toJSON()
  }

  get doc(): Y.Doc {
    return this.#document.doc
  }

  /** Resolves once what the replica holds has arrived; false when it has not in `timeoutMs`. */
  async synced(timeoutMs: number): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs)
    })
    const arrived = this.#document.whenSynced.then(
      () => true,
      () => false,
    )
    const synced = await Promise.race([arrived, late])
    clearTimeout(timer)
    return synced
  }

  /** Types recorded updates, as one edit that the client sends like any other. */
  type(updates: readonly Uint8Array[]): void {
    const { doc } = this
    doc.transact(() => {
      for (const update of updates) Y.applyUpdate(doc, update, REPLAY_ORIGIN)
    }, REPLAY_ORIGIN)
  }

  /** Keeps the newest change in sight until the returned function is called. */
  follow(): () => void {
    return this.#follow()
  }
}

/** `reopened` says that the same document is shown again, and so is not to be left. */
function leaveOnceDurable(document: OpenDocument, reopened: () => boolean): void {
  const check = () => {
    if (reopened()) return document.off('pending', check)
    if (document.pending.edits > 0) return
    document.off('pending', check)
    document.leave()
  }
  document.on('pending', check)
  check()
}
