import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { openLeveldbStore, readDirectory } from '@rejoin/leveldb'
import { checkDocumentName } from '@rejoin/protocol'
import { openReplica, type Replica } from '@rejoin/replica'
import { applyUpdate } from 'yjs'

import { failed } from '../command-line/command-error.ts'
import type { Command } from '../command-line/command.ts'
import { ProgressBar } from '../command-line/progress-bar.ts'
import { counted } from './counted.ts'
import { INDEX_FILE } from './export-format.ts'

/** `rejoin import`: takes documents out of a directory into a data directory. */
export const importDocuments: Command = {
  name: 'import',
  summary: 'take documents out of an export, or out of y-leveldb',
  usage: 'FROM --data DIR [--plain-names] [--dry-run]',
  description: `Takes every document out of the directory FROM, which rejoin export has written, or
y-leveldb or Rejoin, into the data directory DIR, made where there is none. What a
document holds there already is merged with it; importing twice changes nothing. Stop
the replica first; other replicas get it all when it runs again.

y-websocket's server stores names as they stand in URLs, so that "a b" lies there as
"a%20b"; they are decoded, unless --plain-names says that they are right as they are.`,
  operands: { min: 1, max: 1 },
  options: [
    {
      name: 'data',
      value: 'DIR',
      environment: 'REJOIN_DATA',
      help: 'The data directory to take them into.',
    },
    { name: 'plain-names', help: 'Do not decode the names of a y-leveldb directory.' },
    { name: 'dry-run', help: 'Read everything, and write nothing.' },
  ],
  examples: [
    { line: 'rejoin import y-websocket-data --data data/a', meaning: 'Moving from y-websocket.' },
    { line: 'rejoin import out --data data/b', meaning: 'What rejoin export has written.' },
  ],
  run: async (given) => {
    const [from = ''] = given.operands
    const data = given.text('data')
    if (data === undefined) throw failed('Say where to take the documents: --data DIR.')
    const isDry = given.isOn('dry-run')
    const replica = isDry ? undefined : await openReplica({ store: await openLeveldbStore(data) })
    const importing = new Importing(replica, !given.isOn('plain-names'))
    try {
      await importing.run(from)
    } finally {
      await replica?.close()
    }
    process.stdout.write(importing.report(isDry))
    return importing.left.length === 0 ? 0 : 1
  },
}

class Importing {
  readonly #replica: Replica | undefined
  readonly #decodesNames: boolean
  readonly #bar = new ProgressBar()
  #count = 0
  /** Why documents were left out. */
  readonly left: string[] = []

  constructor(replica: Replica | undefined, decodesNames: boolean) {
    this.#replica = replica
    this.#decodesNames = decodesNames
  }

  async run(from: string): Promise<void> {
    try {
      if (existsSync(join(from, INDEX_FILE))) await this.#fromExport(from)
      else await this.#fromDatabase(from)
    } finally {
      this.#bar.end()
    }
  }

  async #fromExport(from: string): Promise<void> {
    const lines = (await readFile(join(from, INDEX_FILE), 'utf8')).trim().split('\n')
    for (const line of lines.filter((each) => each !== '')) {
      const { file, document } = JSON.parse(line) as { file: string; document: string }
      if (/[/\\]/.test(file))
        throw failed(`${INDEX_FILE} names ${file}, which is no file of ${from}.`)
      const update = new Uint8Array(await readFile(join(from, file)))
      await this.#take(document, [update])
    }
  }

  async #fromDatabase(from: string): Promise<void> {
    await readDirectory(from, async ({ document, updates, damage }) => {
      const name = this.#decodesNames ? decoded(document) : document
      if (damage === undefined) await this.#take(name, updates)
      else this.left.push(`"${document}" is damaged: its ${damage}.`)
    })
  }

  async #take(name: string, updates: readonly Uint8Array[]): Promise<void> {
    const checked = checkDocumentName(name)
    if (!checked.ok) return void this.left.push(`"${name}": ${checked.rejection.reason}`)
    try {
      await this.#put(name, updates)
      this.#count += 1
    } catch (error) {
      this.left.push(`"${name}": ${(error as Error).message}`)
    }
    this.#bar.show({ done: this.#count, what: 'documents' })
  }

  async #put(name: string, updates: readonly Uint8Array[]): Promise<void> {
    if (this.#replica === undefined) return
    const open = await this.#replica.open(name)
    try {
      for (const update of updates) applyUpdate(open.doc, update)
      await open.settled('durable')
    } finally {
      open.leave()
    }
  }

  report(isDry: boolean): string {
    const verb = isDry ? 'can be imported' : 'are imported'
    const told = `${counted(this.#count, 'document')} ${verb}.`
    return `${[told, ...this.left.map((why) => `Left out: ${why}`)].join('\n')}\n`
  }
}

/** A name as a URL has it, or as it is where it is none. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
