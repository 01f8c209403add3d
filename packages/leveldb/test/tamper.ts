import { openLeveldbStore } from '@rejoin/leveldb'
import { ClassicLevel } from 'classic-level'

export type Change = (database: ClassicLevel<Uint8Array, Uint8Array>) => Promise<void>

/** Changes records behind the store's back, and leaves no trace of having been there. */
export async function tamper(directory: string, change: Change): Promise<void> {
  const options = { keyEncoding: 'view', valueEncoding: 'view' } as const
  const database = new ClassicLevel<Uint8Array, Uint8Array>(directory, options)
  await database.open()
  await change(database)
  await database.close()
  // The manifest is a new one; the witness is told of it as if the store itself had opened it.
  const store = await openLeveldbStore(directory, { repair: true })
  await store.close()
}
