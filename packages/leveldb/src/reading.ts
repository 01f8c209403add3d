import { listNames, readExamined } from './documents.ts'
import { withLinkedCopy } from './linked-copy.ts'

/** A document as it lies in a directory. */
export interface DirectoryDocument {
  readonly document: string
  /** Those that are whole. */
  readonly updates: readonly Uint8Array[]
  /** What is wrong with it, after "its"; `undefined` while nothing is. */
  readonly damage: string | undefined
}

/** Names that are read at once. */
const PAGE = 1_000

/**
 * Hands every document of a directory to `use`, one after the other, and changes nothing. The directory
 * may be ours or y-leveldb's; no process may have it open.
 */
export async function readDirectory(
  directory: string,
  use: (document: DirectoryDocument) => Promise<void>,
): Promise<void> {
  await withLinkedCopy(directory, async (database) => {
    let names = await listNames(database, { limit: PAGE })
    while (names.length > 0) {
      for (const document of names) {
        const { updates, damage } = await readExamined(database, document)
        await use({ document, updates: [...updates.values()], damage })
      }
      names = await listNames(database, { after: names.at(-1) as string, limit: PAGE })
    }
  })
}
