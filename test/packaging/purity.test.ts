import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

import { expect, onTestFinished, test } from 'vitest'

// The tools that prove the pure packages pure, shown to be able to fail: what is impure is written
// into such a package for a moment, and must be found.
const root = new URL('../../', import.meta.url).pathname
const pure = readdirSync(`${root}packages`).filter((name) => {
  const file = `${root}packages/${name}/turbo.json`
  return !name.includes('.') && readFileSync(file, 'utf8').includes('"pure"')
})

test('the pure packages are the ones that should be', () => {
  expect(pure).toEqual(['crdt', 'engine', 'gossip', 'protocol'])
})

test.for(pure)('%s does not compile with a timer, a socket, a process or a file in it', (name) => {
  const config = `${root}packages/${name}/tsconfig.generated.json`
  const source = `${root}packages/${name}/impure.generated.ts`
  const impure = [
    'setTimeout(() => {}, 1)',
    'new WebSocket("")',
    'process.exit()',
    'performance.now()',
  ]
  writeFileSync(source, `import "node:fs"\n${impure.join('\n')}\nexport {}\n`)
  const overrides = { rootDir: '.', outDir: '.generated', tsBuildInfoFile: null, noEmit: true }
  const content = {
    extends: './tsconfig.json',
    compilerOptions: overrides,
    include: [],
    files: ['impure.generated.ts'],
    references: [],
  }
  writeFileSync(config, JSON.stringify(content))
  onTestFinished(() => [config, source].forEach((file) => rmSync(file)))
  const { stdout } = spawnSync('npx', ['tsc', '-p', config], { encoding: 'utf8', cwd: root })
  const lines = [...stdout.matchAll(/impure\.generated\.ts\((\d+),/g)].map(([, line]) =>
    Number(line),
  )
  expect([...new Set(lines)]).toEqual([1, 2, 3, 4, 5])
})

test.for(pure)('%s is not clean with a clock or chance in it', (name) => {
  const source = `${root}packages/${name}/src/impure.generated.ts`
  const impure = ['Date.now()', 'new Date()', 'Math.random()', 'crypto.randomUUID()']
  writeFileSync(source, impure.map((call, at) => `export const x${at} = ${call}\n`).join(''))
  onTestFinished(() => rmSync(source))
  const { stdout } = spawnSync('npx', ['oxlint', '--format=unix', '--no-ignore', source], {
    encoding: 'utf8',
    cwd: root,
  })
  const lines = [...stdout.matchAll(/impure\.generated\.ts:(\d+):.*restricted/g)].map(([, line]) =>
    Number(line),
  )
  expect([...new Set(lines)].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4])
})
