import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { readSecretFile } from '../src/secret-file.ts'
import { temporaryDirectory } from './processes.ts'

const LONG = 'x'.repeat(16)

function fileOf(content: string, mode = 0o600): string {
  const path = join(temporaryDirectory(), 'secret')
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

function secretsIn(content: string): string[] {
  return readSecretFile(fileOf(content)).secrets.map((secret) => Buffer.from(secret).toString())
}

describe('a file of secrets', () => {
  it('has one a line, in order; blank lines, comments and space around do not count', () => {
    const content = `# ours\n\n  ${LONG}1 \r\n#${LONG}\n\t\n${LONG} with # in it\n${LONG}3`
    expect(secretsIn(content)).toEqual([`${LONG}1`, `${LONG} with # in it`, `${LONG}3`])
  })

  it('has them in bytes of UTF-8', () => {
    expect(secretsIn('éééééééé')).toEqual(['éééééééé'])
    expect(() => secretsIn('ééééééé1')).toThrow(/^Line 1 of .* has 15 bytes/)
  })

  it.each([
    ['', 'has 0 secrets; it must have 1 to 4'],
    ['# none yet\n', 'has 0 secrets'],
    [`${LONG}\n`.repeat(5), 'has 5 secrets'],
    [`${LONG}\n\nhunter2\n`, 'Line 3 of'],
    ['y'.repeat(1_025), 'has 1025 bytes'],
    [`#${'z'.repeat(65_536)}\n${LONG}`, 'a file of secrets has 65536 at most'],
  ])('[X3] is refused with a reason, in which no secret is', (content, reason) => {
    const path = fileOf(content)
    expect(() => readSecretFile(path)).toThrow(reason)
    expect(() => readSecretFile(path)).not.toThrow(/hunter2|xxxxx|yyyyy|zzzzz/)
  })

  it('must be there, and be a file', () => {
    const directory = temporaryDirectory()
    expect(() => readSecretFile(join(directory, 'none'))).toThrow("none can't be read (ENOENT).")
    expect(() => readSecretFile(directory)).toThrow('is no file')
  })

  it.each([
    [0o600, undefined],
    [0o400, undefined],
    [0o640, 'mode 640'],
    [0o604, 'mode 604'],
    [0o666, 'mode 666'],
  ])('with the mode %o is warned of where others have a right to it', (mode, warning) => {
    const said = readSecretFile(fileOf(LONG, mode)).warning
    expect(said?.match(/mode \d+/)?.[0]).toBe(warning)
  })
})
