import { describe, expect, test } from 'vitest'

import { origins, REPLICAS_MAX } from '../src/demo.ts'
import { documentOf } from '../src/document-address.ts'
import { readStatus, versionFromStatus } from '../src/replica-link.ts'

const ID = '0123456789abcdef'
const STATUS = { replica: ID, version: { [ID]: 2 }, stable: {}, union: { [ID]: 2 }, members: [] }

describe('the address of the page', () => {
  test('names replicas by their HTTP origins, each once', () => {
    const asked = ['http://127.0.0.1:7001/', ' http://127.0.0.1:7002/x?y', 'http://127.0.0.1:7001']
    expect(origins(asked)).toEqual(['http://127.0.0.1:7001', 'http://127.0.0.1:7002'])
    expect(origins(['javascript:alert(1)', 'ftp://host', 'nonsense', ''])).toEqual([])
  })

  test('[X3] shows at most so many replicas', () => {
    const many = Array.from({ length: 40 }, (_, index) => `http://127.0.0.1:${7000 + index}`)
    expect(origins(many)).toHaveLength(REPLICAS_MAX)
  })

  test('names the document, and a name that can be none is the default', () => {
    expect(documentOf(new URL('http://page/?document=notes%2F%E2%9C%8F'))).toBe('notes/✏')
    expect(documentOf(new URL('http://page/'))).toBe('welcome')
    expect(documentOf(new URL('http://page/?document=a%00b'))).toBe('welcome')
  })
})

describe('[X2] a status', () => {
  test('is taken when it is one', () => {
    expect(readStatus(STATUS)).toBe(STATUS)
  })

  test('is refused when something else answers', () => {
    for (const other of [null, 'page', [], {}, { ...STATUS, replica: 'x' }]) {
      expect(readStatus(other)).toBeUndefined()
    }
    expect(readStatus({ ...STATUS, version: { [ID]: 'two' } })).toBeUndefined()
    expect(readStatus({ ...STATUS, members: undefined })).toBeUndefined()
  })

  test('names origins by their ids only', () => {
    expect(versionFromStatus({ [ID]: 2, nonsense: 7 })).toEqual(new Map([[ID, 2]]))
  })
})
