import { ClassicLevel } from 'classic-level'
import { describe, expect, it } from 'vitest'

import { DocumentPlaces, REMEMBERED_MAX } from '../src/document-places.ts'
import { temporaryDirectory } from './temporary-directory.ts'

describe('DocumentPlaces', () => {
  it('[X3] remembers the documents used last, and asks the database for the others', async () => {
    const options = { keyEncoding: 'view', valueEncoding: 'view' } as const
    const directory = await temporaryDirectory()
    const database = new ClassicLevel<Uint8Array, Uint8Array>(directory, options)
    const places = new DocumentPlaces(database)
    const remembered = { clock: 7, listed: true }
    for (let at = 0; at < REMEMBERED_MAX; at++) places.remember(new Map([[`${at}`, remembered]]))
    places.remember(new Map([['0', remembered]]))
    places.remember(new Map([['new', remembered]]))

    // The database is empty, so that it tells itself from what is remembered.
    const asked = { clock: 0, listed: false }
    const found = await places.lookUp(['0', '1', '2', 'new'])
    expect(Object.fromEntries(found)).toEqual({
      '0': remembered,
      '1': asked,
      '2': remembered,
      new: remembered,
    })
    await database.close()
  })
})
