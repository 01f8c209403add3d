import type { Store } from '@rejoin/replica'

const PAGE = 1_000

/** The names of all documents of a store. */
export async function* namesOf(store: Pick<Store, 'listDocuments'>): AsyncGenerator<string> {
  let names = await store.listDocuments({ limit: PAGE })
  while (names.length > 0) {
    yield* names
    names = await store.listDocuments({ after: names.at(-1) as string, limit: PAGE })
  }
}
