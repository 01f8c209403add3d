import { describe, expect, it } from 'vitest'

import { DocumentPlaces, REMEMBERED_MAX } from '../src/document-places.ts'

describe('DocumentPlaces', () => {
  it('[X3] remembers the documents used last, and asks the database for the others', async () => {
    const asked: string[] = []
    const places = new DocumentPlaces(async (document) => {
      asked.push(document)
      return undefined
    })
    const place = { vector: Uint8Array.of(0, 1, 0), clocks: { first: 0, next: 7 } }
    for (let at = 0; at < REMEMBERED_MAX; at++) places.remember(new Map([[`${at}`, place]]))
    places.remember(new Map([['0', place]]))
    places.remember(new Map([['new', place]]))

    const found = await places.lookUp(['0', '1', '2', 'new'])
    expect([...found.keys()].toSorted()).toEqual(['0', '2', 'new'])
    expect(asked).toEqual(['1'])
  })
})
