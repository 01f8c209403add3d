/** `rejoin replay`: types a recorded editing history through running replicas. */
import { checkDocumentName } from '@rejoin/protocol'

import { misused } from '../command-line/command-error.ts'
import type { Command } from '../command-line/command.ts'
import type { Given } from '../command-line/given.ts'
import { HttpReplica } from '../http/http-replica.ts'
import { drawStretches, seededRandom } from '../replay/cut-schedule.ts'
import { showProgress } from '../replay/progress.ts'
import { documentNameOf, readRecording } from '../replay/recording-file.ts'
import { Replay, type ReplayOptions, type ReplayOutcome } from '../replay/replay.ts'
import { listenForStop } from '../stop-request.ts'
import { table } from './table.ts'

const SPEED_MAX = 1_000_000
/** Replicas named in one call. */
const REPLICAS_MAX = 64
const SEED_MAX = 4_294_967_295
const EXIT_CODE_STOPPED = 130
const CLEAR_LINE = '\r\u001B[K'

type Told = 'trace' | 'document'

export const replay: Command = {
  name: 'replay',
  summary: 'type a recorded editing history through running replicas',
  usage: 'FILE --to URL... [options]',
  description: `Types a recording as its authors did: author k through replica k, each keystroke on
exactly the text that its author saw, while links between the replicas are cut and
mended. Then it waits until every replica has the recorded text. It exits with 0
only if all have it.

FILE is a recording of the editing-traces project, .json or .json.gz, sequential or
concurrent. The text is the Y.Text "content" of the document. Links can be cut only
at replicas that were started with --demo.`,
  operands: { min: 1, max: 1 + REPLICAS_MAX },
  options: [
    {
      name: 'to',
      value: 'URL',
      repeatable: true,
      help: 'A replica to type through; ws: or http:.',
    },
    { name: 'document', value: 'NAME', help: "The document, empty so far; else the file's name." },
    {
      name: 'speed',
      value: 'N',
      default: 'max',
      help: 'Transactions per second, of all authors together, or max.',
    },
    {
      name: 'seed',
      value: 'N',
      default: '1',
      help: 'Where the times at which links are cut are drawn from.',
    },
    { name: 'no-cut', help: 'Leave the links whole.' },
  ],
  examples: [
    {
      line: 'rejoin replay friendsforever.json.gz --to ws://127.0.0.1:7001 ws://127.0.0.1:7002',
      meaning: 'Two authors at two replicas, as fast as it goes.',
    },
    {
      line: 'rejoin replay paper.json --to ws://127.0.0.1:7001 --document paper-2 --speed 50',
      meaning: 'Slowly, to watch it, into a document of another name.',
    },
  ],
  run: async (given) => {
    const replicas = readReplicas(given)
    const [file = ''] = given.operands
    const document = readDocument(given, file)
    const perSecondMax = readSpeed(given)
    const random = seededRandom(given.whole('seed', 0, SEED_MAX) ?? 1)
    const trace = await readRecording(file)
    const isCutting = !given.isOn('no-cut')
    const count = trace.transactions.length
    const stretches = isCutting ? drawStretches(count, replicas.length, random) : []
    return play({ trace, document, replicas, perSecondMax, stretches })
  },
}

async function play(options: Omit<ReplayOptions, 'signal' | 'note'>): Promise<number> {
  const stop = listenForStop()
  const replaying = new Replay({ ...options, signal: stop.signal, note })
  const endProgress = showProgress(() => replaying.progress, process.stderr)
  try {
    const outcome = await replaying.run()
    endProgress()
    process.stdout.write(report(outcome, options))
    return outcome.verdicts.every(({ difference }) => difference === undefined) ? 0 : 1
  } catch (error) {
    if (!stop.signal.aborted) throw error
    note('Stopped; the links that were cut are mended.')
    return EXIT_CODE_STOPPED
  } finally {
    endProgress()
    stop.forget()
  }
}

function note(line: string): void {
  process.stderr.write(`${process.stderr.isTTY ? CLEAR_LINE : ''}${line}\n`)
}

function report(outcome: ReplayOutcome, { trace, document }: Pick<ReplayOptions, Told>): string {
  const { verdicts, typingMs, convergingMs, cuts } = outcome
  const count = trace.transactions.length
  const rate = Math.round(count / (typingMs / 1_000))
  const rows = verdicts.map(({ url, difference }) => [url, difference ?? 'equal'])
  return [
    `${count} transactions by ${trace.agentCount} into ${JSON.stringify(document)}: durable after ` +
      `${seconds(typingMs)} (${rate} edits/s), links cut ${cuts} times,`,
    `compared with the recording ${seconds(convergingMs)} later:`,
    table([['REPLICA', 'TEXT'], ...rows]),
    '',
  ].join('\n')
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

function readReplicas(given: Given): HttpReplica[] {
  // `--to URL URL URL`: the words after the file are more replicas.
  const urls = [...given.list('to'), ...given.operands.slice(1)]
  if (urls.length === 0) throw misused('Say which replicas to type through: --to URL.')
  return urls.map((url) => new HttpReplica(url))
}

function readDocument(given: Given, file: string): string {
  const name = checkDocumentName(given.text('document') ?? documentNameOf(file))
  if (!name.ok) throw misused(name.rejection.reason)
  return name.value
}

function readSpeed(given: Given): number {
  if (given.text('speed') === 'max') return Number.POSITIVE_INFINITY
  return given.whole('speed', 1, SPEED_MAX) ?? Number.POSITIVE_INFINITY
}
