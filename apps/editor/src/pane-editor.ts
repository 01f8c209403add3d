import { defaultKeymap } from '@codemirror/commands'
import { EditorState } from '@codemirror/state'
import { drawSelection, EditorView, keymap, placeholder } from '@codemirror/view'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import type { Awareness } from 'y-protocols/awareness'
import type * as Y from 'yjs'

/**
 * The text editor of a pane: CodeMirror bound to the document's text, with others' carets and an
 * undo that takes back only what was typed here. Tab is left to the page, so that the keyboard
 * gets out again.
 */
export interface EditorOptions {
  readonly parent: HTMLElement
  readonly text: Y.Text
  readonly awareness: Awareness
  /** Read out when the editor gets the focus. */
  readonly label: string
  /** Shown while the text is empty; never part of it. */
  readonly invitation: string
}

/** The origin of transactions that a replay applies; the editor then follows what is typed. */
export const REPLAY_ORIGIN = 'replay'

export function openEditor(options: EditorOptions): EditorView {
  const { parent, text, awareness, label, invitation } = options
  const state = EditorState.create({
    doc: text.toJSON(),
    extensions: [
      keymap.of([...yUndoManagerKeymap, ...defaultKeymap]),
      drawSelection(),
      EditorView.lineWrapping,
      placeholder(invitation),
      EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false' }),
      yCollab(text, awareness),
    ],
  })
  return new EditorView({ state, parent })
}

/** Keeps the newest change in sight until the returned function is called. */
export function followChanges(view: EditorView, text: Y.Text): () => void {
  const follow = (event: Y.YTextEvent) => {
    const at = Math.min(endOfChange(event), view.state.doc.length)
    view.dispatch({ effects: EditorView.scrollIntoView(at, { y: 'nearest', yMargin: 24 }) })
  }
  text.observe(follow)
  return () => text.unobserve(follow)
}

function endOfChange({ delta }: Y.YTextEvent): number {
  let at = 0
  for (const { retain, insert } of delta) {
    at += (retain ?? 0) + (typeof insert === 'string' ? insert.length : 0)
  }
  return at
}
