import { readdirSync, readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url).pathname
const spec = readFileSync(`${root}packages/engine/SPEC.md`, 'utf8')
const kept = spec.slice(spec.indexOf('## Kept now'), spec.indexOf('## Not yet'))
const rules = [...kept.matchAll(/^- \*\*([A-Z]\d)\*\*/gm)].map(([, rule]) => rule)

test.for(rules)('rule %s has a test that quotes it', (rule) => {
  const quoting = testFiles().filter((file) =>
    readFileSync(root + file, 'utf8').includes(`[${rule}]`),
  )
  expect(quoting).not.toEqual([])
})

function testFiles(): string[] {
  const folders = ['packages', 'apps', 'test']
  const files = folders.flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).map(
      (file) => `${folder}/${file}`,
    ),
  )
  return files.filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
}
