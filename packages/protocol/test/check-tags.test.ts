import { checkTags, checkTopic, LIMITS } from '@rejoin/protocol'
import { expect, test } from 'vitest'

const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at}`, '']))

test('[X3] tags: sixteen at most, and 64 bytes of UTF-8 each', () => {
  const longest = '世'.repeat(21)
  expect(checkTags({ region: 'eu', [longest]: longest })).toEqual({
    ok: true,
    value: new Map([
      ['region', 'eu'],
      [longest, longest],
    ]),
  })
  expect(checkTags(many(LIMITS.tagsMax)).ok).toBe(true)
  expect(checkTags(many(LIMITS.tagsMax + 1))).toMatchObject({ rejection: { code: 'too-many' } })
  expect(checkTags({ [`${longest}ab`]: '' })).toMatchObject({ rejection: { code: 'too-large' } })
  const long = checkTags({ region: `${longest}ab` })
  expect(long).toMatchObject({ rejection: { code: 'too-large' } })
  expect(JSON.stringify(long)).toContain('65 bytes')
})

test.each(['', 'a\u001b[2J', 'lone \ud800'])('[X2] %j is no name of a tag and no topic', (name) => {
  expect(checkTags({ [name]: 'x' })).toMatchObject({ rejection: { code: 'bad-name' } })
  expect(checkTopic(name)).toMatchObject({ rejection: { code: 'bad-name' } })
})

test('[X3] a topic has 64 bytes at most', () => {
  expect(checkTopic('x'.repeat(64)).ok).toBe(true)
  expect(checkTopic('x'.repeat(65))).toMatchObject({ rejection: { code: 'too-large' } })
})
