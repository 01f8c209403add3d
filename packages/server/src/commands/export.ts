import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { readDirectory } from '@rejoin/leveldb'
import { Compactor } from '@rejoin/replica'
import { mergeUpdates } from 'yjs'

import { failed } from '../command-line/command-error.ts'
import type { Command } from '../command-line/command.ts'
import { ProgressBar } from '../command-line/progress-bar.ts'
import { bytesText, counted } from './counted.ts'
import { fileOf, INDEX_FILE } from './export-format.ts'

/** `rejoin export`: writes every document as a file of one Yjs update. */
export const exportDocuments: Command = {
  name: 'export',
  summary: 'write every document as a file of one Yjs update',
  usage: 'DIR OUT [--dry-run]',
  description: `Writes every document of a data directory, Rejoin's or y-leveldb's, as one file to the
directory OUT, which must be empty or not there: a Yjs update (V1) that any Yjs
document can apply. index.jsonl names the document of each file. Stop the replica
first. What is left of a damaged document is written too, and the command exits with 1.`,
  operands: { min: 2, max: 2 },
  options: [{ name: 'dry-run', help: 'Read everything, and write nothing.' }],
  examples: [
    { line: 'rejoin export data/a out', meaning: 'Everything, for another program.' },
    { line: 'rejoin export y-websocket-data out --dry-run', meaning: 'Can all of it be read?' },
  ],
  run: async (given) => {
    const [directory = '', out = ''] = given.operands
    const isDry = given.isOn('dry-run')
    if (!isDry) await prepare(out)
    const compactor = new Compactor()
    const bar = new ProgressBar()
    const damaged: string[] = []
    const index: string[] = []
    let bytes = 0
    try {
      await readDirectory(directory, async ({ document, updates, damage }) => {
        if (damage !== undefined) damaged.push(`Damaged: "${document}", its ${damage}.`)
        const update = await whole(compactor, updates)
        const file = fileOf(document, index.length)
        index.push(JSON.stringify({ file, document, bytes: update.length }))
        bytes += update.length
        if (!isDry) await writeFile(join(out, file), update, { flag: 'wx' })
        bar.show({ done: index.length, what: 'documents' })
      })
      if (!isDry) await writeFile(join(out, INDEX_FILE), index.map((line) => `${line}\n`).join(''))
    } finally {
      bar.end()
      await compactor.close()
    }
    const verb = isDry ? 'can be read' : `are in ${out}`
    const told = `${counted(index.length, 'document')}, ${bytesText(bytes)}, ${verb}.`
    process.stdout.write(`${[told, ...damaged].join('\n')}\n`)
    return damaged.length === 0 ? 0 : 1
  },
}

/** Compacted where that is possible, else only merged. */
async function whole(compactor: Compactor, updates: readonly Uint8Array[]): Promise<Uint8Array> {
  const result = await compactor.compact(updates, { gc: false })
  return result.ok ? result.snapshot : mergeUpdates([...updates])
}

async function prepare(out: string): Promise<void> {
  await mkdir(out, { recursive: true })
  if ((await readdir(out)).length > 0) throw failed(`${out} is not empty; name another directory.`)
}
