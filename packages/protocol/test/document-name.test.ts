import { checkDocumentName, utf8Length } from '@rejoin/protocol'
import { expect, test } from 'vitest'

test.for([
  ['a plain name', 'notes'],
  ['slashes and dots are characters, not paths', '../../etc/passwd'],
  ['spaces and any script', 'Über alles 漢字 😀'],
  ['a NUL-free kibibyte', 'n'.repeat(1_024)],
  ['__proto__', '__proto__'],
] as const)('[X2] is a document name: %s', ([, name]) => {
  expect(checkDocumentName(name)).toEqual({ ok: true, value: name })
})

test.for([
  ['nothing', ''],
  ['over a kibibyte', 'n'.repeat(1_025)],
  ['over a kibibyte of UTF-8 in fewer characters', '漢'.repeat(342)],
  ['NUL', 'a\u0000b'],
  ['a line feed', 'a\nb'],
  ['a C1 control', 'a\u009bb'],
  ['a lone surrogate', 'a\ud800'],
] as const)('[X2] is no document name: %s', ([, name]) => {
  expect(checkDocumentName(name)).toMatchObject({ ok: false, rejection: { code: 'bad-name' } })
})

test('the length of a name is that of its UTF-8', () => {
  for (const text of ['', 'a', 'é', '漢', '😀', 'aé漢😀'.repeat(9)]) {
    expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length)
  }
})
