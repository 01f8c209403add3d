import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

import { expect, onTestFinished, test } from 'vitest'

const root = new URL('../../', import.meta.url).pathname
const pages = [
  'README.md',
  'packages/README.md',
  'packages/engine/SPEC.md',
  'packages/crdt/SEMANTICS.md',
]

test('[L6] the sample of the README runs as it stands, and prints what it says', () => {
  const readme = readFileSync(`${root}README.md`, 'utf8')
  const [, sample = '', printed = ''] = /```js\n(.*?)```\n\n```\n(.*?)```/s.exec(readme) ?? []
  expect(sample).toContain('openReplica')
  const file = `${root}test/packaging/sample.generated.mjs`
  writeFileSync(file, sample)
  onTestFinished(() => rmSync(file))
  expect(execFileSync(process.execPath, [file], { encoding: 'utf8', cwd: root })).toBe(printed)
})

test('[D1] the sample of the data types runs as it stands, and has the values that it shows', () => {
  const readme = readFileSync(`${root}README.md`, 'utf8')
  const samples = Array.from(readme.matchAll(/```js\n(.*?)```/gs), ([, sample = '']) => sample)
  const sample = samples.find((each) => each.includes('@rejoin/crdt')) ?? ''
  const file = `${root}test/packaging/types.generated.mjs`
  const before = "import * as Y from 'yjs'\nconst ydoc = new Y.Doc()\nconst render = () => {}\n"
  const after = "console.log(shop.value.stock.get('apples'), shop.stock.get('apples').rights)\n"
  writeFileSync(file, `${before}${sample}${after}`)
  onTestFinished(() => rmSync(file))
  expect(execFileSync(process.execPath, [file], { encoding: 'utf8', cwd: root })).toBe('10 6\n')
})

test.for(pages)('what %s points to is there', (page) => {
  const text = readFileSync(root + page, 'utf8')
  const folder = new URL(page, `file://${root}`)
  const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target = '']) => target)
  expect(targets.filter((target) => !existsSync(new URL(target, folder)))).toEqual([])
})

test('the README names every package, and every npm script that it names is there', () => {
  const text = pages.map((page) => readFileSync(root + page, 'utf8')).join('\n')
  for (const name of readdirSync(`${root}packages`).filter((each) => !each.includes('.'))) {
    expect(text).toContain(`(packages/${name})`)
  }
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    scripts: Record<string, string>
  }
  for (const [, script = ''] of text.matchAll(/npm run ([a-z:]+)/g)) {
    expect(Object.keys(scripts)).toContain(script)
  }
})
