import * as Y from 'yjs'

import { register, richText, text } from '../../../src/index.ts'
import type { Place } from '../../../src/ledger/place.ts'
import type { Law } from '../law.ts'

interface Typing {
  readonly updates: readonly Uint8Array[]
}

type Line = Pick<Y.Text, 'insert' | 'delete' | 'length'> & { toString(): string }

/** What everybody builds first: the text is one value. */
const asRegister = {
  kind: 'text',
  code: 'r',
  open: (place: Place): Line => {
    const whole = register('').open(place)
    return {
      get length() {
        return whole.value.length
      },
      insert: (at, words) => whole.set(whole.value.slice(0, at) + words + whole.value.slice(at)),
      delete: (at, length) => whole.set(whole.value.slice(0, at) + whole.value.slice(at + length)),
      toString: () => whole.value,
    }
  },
  read: (view: Line) => view.toString(),
}

/** All updates, in a document that knows nothing of Rejoin. */
function replayed(history: readonly { readonly what: Typing }[]): Y.Doc {
  const doc = new Y.Doc()
  for (const { what } of history) for (const update of what.updates) Y.applyUpdate(doc, update)
  return doc
}

export const textLaw: Law<Line, Typing> = {
  name: 'text',
  type: text(),
  wrong: { 'all of it in one register': asRegister },
  act: (view, random, site) => {
    const at = random.between(0, view.length)
    const updates = site.updates(() => {
      if (random.chance(0.7)) view.insert(at, random.of('one', 'two', 'three'))
      else view.delete(Math.min(at, Math.max(0, view.length - 2)), Math.min(2, view.length))
    })
    return updates.length === 0 ? undefined : { updates }
  },
  shown: (view) => view.toString(),
  reference: (history) => replayed(history).getText('it').toString(),
}

export const richTextLaw: Law<Y.XmlFragment, Typing> = {
  name: 'richText',
  type: richText(),
  wrong: {
    'it lies where no binding looks': {
      ...richText(),
      open: ({ ledger }) => ledger.doc.getXmlFragment('elsewhere'),
    },
  },
  act: (view, random, site) => {
    const at = random.between(0, view.length)
    const updates = site.updates(() => {
      if (random.chance(0.7)) view.insert(at, [new Y.XmlElement(random.of('p', 'h1', 'li'))])
      else if (view.length > 0) view.delete(Math.min(at, view.length - 1), 1)
    })
    return updates.length === 0 ? undefined : { updates }
  },
  shown: (view) => view.toJSON(),
  reference: (history) => replayed(history).getXmlFragment('it').toJSON(),
}
