import { gzipSync } from 'node:zlib'

import { expect, test } from 'vitest'
import { build, type Rolldown } from 'vite'

import { printTable } from './table.ts'

/** What an application writes to have one type; the plain name where it takes no arguments. */
const TYPES = [
  'register',
  'multiValueRegister',
  'counter',
  'boundedCounter',
  'flag',
  'set',
  'map',
  'list',
  'tree',
  'text',
  'richText',
  'hyperLogLog',
  'countMinSketch',
  'quantiles',
  'topK',
]
/** Vite asks for a file, and is given what it would hold. */
const ENTRY = `${import.meta.dirname}/entry.generated.js`
const LEVEL = 9

interface Size {
  readonly minified: number
  readonly gzipped: number
}

test('of each type alone', async () => {
  const base = await sizesOf(`export { bind, schema } from '@rejoin/crdt'`)
  const rows = [row('bind, schema', base, base)]
  for (const type of TYPES) {
    const sizes = await sizesOf(`export { bind, schema, ${type} } from '@rejoin/crdt'`)
    expect(sizes.apart.minified, type).toBeGreaterThan(base.apart.minified)
    rows.push(row(type, sizes, base))
  }
  rows.push(row('all of it', await sizesOf(`export * from '@rejoin/crdt'`), base))
  const head = ['type', 'minified', 'gzipped', 'beyond bind, schema']
  const withLib0 = ['with lib0: minified', 'with lib0: gzipped']
  printTable('Sizes in bytes, beside yjs and lib0', [...head, ...withLib0], rows)
})

interface Sizes {
  /** With lib0 left out, as yjs brings it along. */
  readonly apart: Size
  readonly withLib0: Size
}

function row(name: string, { apart, withLib0 }: Sizes, base: Sizes): (string | number)[] {
  const beyond = apart.gzipped - base.apart.gzipped
  return [name, apart.minified, apart.gzipped, beyond, withLib0.minified, withLib0.gzipped]
}

async function sizesOf(source: string): Promise<Sizes> {
  const apart = await sizeOf(source, ['yjs', /^lib0\//])
  return { apart, withLib0: await sizeOf(source, ['yjs']) }
}

async function sizeOf(source: string, external: (string | RegExp)[]): Promise<Size> {
  const outputs = (await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'silent',
    plugins: [
      {
        name: 'entry',
        enforce: 'pre',
        resolveId: (id) => (id.endsWith(ENTRY) ? id : undefined),
        load: (id) => (id.endsWith(ENTRY) ? source : undefined),
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: ENTRY, formats: ['es'] },
      // Not `build.minify`, which leaves the blanks in an ES library.
      rolldownOptions: { external, output: { minify: true } },
    },
  })) as Rolldown.RolldownOutput[]
  const chunks = outputs.flatMap(({ output }) => output).filter((each) => each.type === 'chunk')
  const code = Buffer.from(chunks.map((chunk) => chunk.code).join(''))
  return { minified: code.length, gzipped: gzipSync(code, { level: LEVEL }).length }
}
