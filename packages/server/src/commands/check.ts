import { checkDirectory, type CheckReport } from '@rejoin/leveldb'

import type { Command } from '../command-line/command.ts'
import { ProgressBar } from '../command-line/progress-bar.ts'
import { counted, bytesText } from './counted.ts'

/** `rejoin check`: verifies everything in a data directory. */
export const check: Command = {
  name: 'check',
  summary: 'verify everything in a data directory',
  usage: 'DIR [--json]',
  description: `Verifies a data directory and changes nothing: that every record is as it was written,
that no update, entry or batch is missing, that every chain of hashes holds, and that
Yjs can integrate every document. Stop the replica first. Exits with 0 when all is
sound, and with 1 when anything is damaged or lost; what it is, is printed.`,
  operands: { min: 1, max: 1 },
  options: [{ name: 'json', help: 'Print the report as JSON.' }],
  examples: [
    { line: 'rejoin check data/a', meaning: 'Is the directory sound?' },
    { line: 'rejoin check data/a --json > report.json', meaning: 'For programs.' },
  ],
  run: async (given) => {
    const [directory = ''] = given.operands
    const bar = new ProgressBar()
    const report = await checkDirectory(directory, { onProgress: bar.show }).finally(() =>
      bar.end(),
    )
    process.stdout.write(given.isOn('json') ? `${JSON.stringify(report, null, 2)}\n` : text(report))
    return report.sound ? 0 : 1
  },
}

function text(report: CheckReport): string {
  const { directory, replica, documents, updates, updateBytes, entries, entryBytes } = report
  const lines = [
    `${directory}: replica ${replica ?? '(none has had it yet)'}`,
    `  ${counted(documents, 'document')}, ${counted(updates, 'update')}, ${bytesText(updateBytes)}`,
    `  ${counted(entries, 'entry', 'entries')} in the log, ${bytesText(entryBytes)}`,
    ...report.losses.map((loss) => `  LOST: ${loss}`),
    ...report.problems.map(({ message }) => `  ${message}`),
    report.sound ? 'Everything is sound.' : advice(report),
  ]
  return `${lines.join('\n')}\n`
}

function advice({ losses }: CheckReport): string {
  return losses.length > 0
    ? 'Restore a backup (rejoin restore), or open it with rejoin serve --repair to get from others what they have.'
    : 'A replica that serves it gets damaged documents from others; rejoin status tells.'
}
