import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { onTestFinished } from 'vitest'

import { until } from './site.ts'

const MAIN = fileURLToPath(new URL('../bin/rejoin.js', import.meta.url))

/** A run of the built command, as a process of its own that ends with the test at the latest. */
export interface Run {
  readonly pid: number
  stdout: string
  stderr: string
  exitCode: number | null
  kill(signal: NodeJS.Signals): void
  /** Resolves with the exit code once the process has ended and its output is complete. */
  readonly ended: Promise<number | null>
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly node?: readonly string[]
}

export function rejoin(args: readonly string[], { env = {}, node = [] }: RunOptions = {}): Run {
  const child = spawn(process.execPath, [...node, MAIN, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const run: Run = {
    pid: child.pid ?? 0,
    stdout: '',
    stderr: '',
    exitCode: null,
    kill: (signal) => child.kill(signal),
    ended: new Promise((resolve) => {
      child.on('close', (exitCode) => {
        run.exitCode = exitCode
        resolve(exitCode)
      })
    }),
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (run.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (run.stderr += text))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await run.ended
  })
  return run
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rejoin-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export interface ServedReplica extends Run {
  readonly id: string
  readonly url: string
  readonly port: number
}

/** A replica at a free port, once it is ready. */
export async function serve(args: readonly string[], options?: RunOptions): Promise<ServedReplica> {
  const run = rejoin(['serve', '--port', '0', ...args], options)
  await until(() => run.stdout.includes('\n') || run.exitCode !== null)
  const ready = /^Replica ([0-9a-f]{16}) is ready on (http:\/\/127\.0\.0\.1:(\d+)) /.exec(
    run.stdout,
  )
  if (ready === null) throw new Error(`no replica: ${run.stdout}${run.stderr}`)
  const [, id = '', url = '', port] = ready
  return Object.assign(run, { id, url, port: Number(port) })
}
