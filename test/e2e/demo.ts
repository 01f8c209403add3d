import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { onTestFinished } from 'vitest'

import { until } from '../real/until.ts'

const LAUNCHER = new URL('../../apps/editor/start.js', import.meta.url).pathname

/** What `npm start` runs after the build, as a person would have it, on ports that are free. */
export class Demo {
  readonly port: number
  readonly directory: string
  output = ''
  #process: ReturnType<typeof spawn> | undefined

  constructor(port: number, directory: string) {
    this.port = port
    this.directory = directory
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  replicaUrl(index: number): string {
    return `http://127.0.0.1:${this.port + 1 + index}`
  }

  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const settings = { REJOIN_DEMO_PORT: `${this.port}`, REJOIN_DEMO_DATA: this.directory, ...env }
    const child = spawn(process.execPath, [LAUNCHER], {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    this.output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    }
    await until(
      () => this.output.includes('Ctrl-C') || child.exitCode !== null,
      'the demo is up',
      60_000,
    )
    if (child.exitCode !== null) throw new Error(this.output)
  }

  /** Ctrl-C, and the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null) return null
    const ended = once(child, 'exit')
    child.kill('SIGINT')
    await ended
    return child.exitCode
  }
}

/** A demo that is not started yet, with a directory of its own; both end with the test. */
export async function newDemo(): Promise<Demo> {
  const directory = mkdtempSync(join(tmpdir(), 'rejoin-demo-'))
  const demo = new Demo(await fourFreePorts(), directory)
  onTestFinished(async () => {
    await demo.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  return demo
}

/** The first of four ports in a row that nobody uses. */
async function fourFreePorts(): Promise<number> {
  for (let first = 17_000; first < 18_000; first += 4) {
    const areFree = await Promise.all([0, 1, 2, 3].map((offset) => isFree(first + offset)))
    if (areFree.every(Boolean)) return first
  }
  throw new Error('There are no four free ports in a row from 17000 to 18000.')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
    await once(server.close(), 'close')
    return true
  } catch {
    return false
  }
}
