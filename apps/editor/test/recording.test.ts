import { gzipSync } from 'node:zlib'

import { expect, test } from 'vitest'

import { readRecording } from '../src/recording.ts'

const JSON_TEXT = JSON.stringify({
  startContent: '',
  endContent: 'hé 👋',
  txns: [{ patches: [[0, 0, 'hé 👋']] }],
})

test('a recording is read as it is, or unpacked when it is gzipped', async () => {
  const plain = await readRecording('notes.json', new Blob([JSON_TEXT]))
  const packed = await readRecording('notes.json.gz', new Blob([gzipSync(JSON_TEXT)]))
  expect(packed).toEqual(plain)
  expect(plain.name).toBe('notes')
  expect(plain.trace.endContent).toBe('hé 👋')
})

test('[X2] what is no recording is refused with a reason that names the file', async () => {
  const refusal = (text: string) => readRecording('photo.json', new Blob([text]))
  await expect(refusal('not JSON')).rejects.toThrow(/^photo\.json is no recording.*not JSON/)
  await expect(refusal('{"txns": 3}')).rejects.toThrow(/^photo\.json is no recording.*`txns`/)
  await expect(refusal('')).rejects.toThrow(/^photo\.json is no recording/)
})
