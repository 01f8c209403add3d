import { checkDirectory, openLeveldbStore } from '@rejoin/leveldb'
import * as Y from 'yjs'

import type { Token } from './typist.ts'

/** What a directory shows after whatever has happened to it. */
export interface Verdict {
  readonly lost: readonly Token[]
  /** What is wrong with it and was found; each a sentence. */
  readonly complaints: string[]
}

/** Opens a store, and looks whether all these tokens are in it and all of it is sound. */
export async function verdictOf(directory: string, acked: readonly Token[]): Promise<Verdict> {
  const store = await openLeveldbStore(directory)
  const lost: Token[] = []
  try {
    const documents = new Map<string, Y.Doc>()
    for (const token of acked) {
      let doc = documents.get(token.document)
      if (doc === undefined) {
        doc = new Y.Doc()
        for (const update of (await store.readDocument(token.document)).updates) {
          Y.applyUpdate(doc, update)
        }
        documents.set(token.document, doc)
      }
      if (doc.getMap('tokens').get(token.token) === undefined) lost.push(token)
    }
  } finally {
    await store.close()
  }
  const { sound, losses, problems } = await checkDirectory(directory)
  const complaints = [...losses, ...problems.map(({ message }) => message)]
  return { lost, complaints: sound ? [] : complaints }
}
