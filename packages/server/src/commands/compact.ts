import { openLeveldbStore } from '@rejoin/leveldb'
import { Compactor, StoreCompaction, type Store } from '@rejoin/replica'

import type { Command } from '../command-line/command.ts'
import { ProgressBar } from '../command-line/progress-bar.ts'
import { namesOf } from './names.ts'
import { bytesText, counted } from './counted.ts'

/** `rejoin compact`: makes one update of each document's many. */
export const compact: Command = {
  name: 'compact',
  summary: "make one update of each document's many",
  usage: 'DIR [--keep-history PREFIX]... [--dry-run]',
  description: `Puts one update in the place of all that a document has, for every document of a data
directory, and gives the space back. A replica does that by itself for documents that
grow; this is for all of them at once. Stop the replica first. A document that Yjs
can't integrate stays as it is, and is named; then the command exits with 1.`,
  operands: { min: 1, max: 1 },
  options: [
    {
      name: 'keep-history',
      value: 'PREFIX',
      repeatable: true,
      help: 'Keep deleted content in documents whose names begin so, as rejoin serve does.',
    },
    { name: 'dry-run', help: 'Tell what it would save, and change nothing in the documents.' },
  ],
  examples: [{ line: 'rejoin compact data/a', meaning: 'All documents of the directory.' }],
  run: async (given) => {
    const [directory = ''] = given.operands
    const prefixes = given.list('keep-history')
    const store = await openLeveldbStore(directory)
    const compactor = new Compactor()
    try {
      const keepHistory = (name: string): boolean => prefixes.some((each) => name.startsWith(each))
      const outcome = await compactAll(store, {
        compactor,
        keepHistory,
        isDry: given.isOn('dry-run'),
      })
      if (!given.isOn('dry-run')) await store.vacuum()
      process.stdout.write(report(outcome, given.isOn('dry-run')))
      return outcome.failed.length === 0 ? 0 : 1
    } finally {
      await compactor.close()
      await store.close()
    }
  },
}

interface Outcome {
  documents: number
  compacted: number
  before: number
  after: number
  readonly failed: string[]
}

async function compactAll(
  store: Store,
  options: {
    compactor: Compactor
    keepHistory: (name: string) => boolean
    isDry: boolean
  },
): Promise<Outcome> {
  const outcome: Outcome = { documents: 0, compacted: 0, before: 0, after: 0, failed: [] }
  const { compactor, keepHistory, isDry } = options
  const onDamage = (name: string): void => void outcome.failed.push(`"${name}" is damaged.`)
  const compaction = new StoreCompaction({ store, compactor, keepHistory, onDamage })
  const bar = new ProgressBar()
  for await (const name of namesOf(store)) {
    outcome.documents += 1
    const sizes = await compaction.compact(name, { evenIfSmall: true, isDry })
    if (sizes !== undefined) {
      outcome.compacted += 1
      outcome.before += sizes.before
      outcome.after += sizes.after
    }
    bar.show({ done: outcome.documents, total: store.documentCount(), what: 'documents' })
  }
  bar.end()
  for (const { document, reason } of compaction.quarantined()) {
    outcome.failed.push(`"${document}": ${reason}`)
  }
  return outcome
}

function report({ documents, compacted, before, after, failed }: Outcome, isDry: boolean): string {
  const verb = isDry ? 'would be compacted' : 'are compacted'
  const lines = [
    `${compacted} of ${counted(documents, 'document')} ${verb}: ${bytesText(before)} to ${bytesText(after)}.`,
    ...failed.map((why) => `Left as it is: ${why}`),
  ]
  return `${lines.join('\n')}\n`
}
