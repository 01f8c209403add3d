import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A token that is durable, and the document that it is in. */
export interface Token {
  readonly document: string
  readonly token: string
}

export const TYPIST = fileURLToPath(new URL('./children/typist.mjs', import.meta.url))

export interface TypistOptions {
  readonly directory: string
  readonly seed: number
  /** Begins every token, so that no two typists make the same. */
  readonly prefix: string
  /** After so many steps it ends by itself. */
  readonly steps?: number
  /** What to start it with, such as a tracer. */
  readonly under?: readonly string[]
}

/** A process that edits a store until it is killed. */
export class Typist {
  readonly acked: Token[] = []
  isReady = false
  /** Whether it came to its own end. */
  isClosed = false
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  #stderr = ''
  #waiting: (() => void)[] = []

  constructor({ directory, seed, prefix, steps, under = [] }: TypistOptions) {
    const args = [
      TYPIST,
      directory,
      `${seed}`,
      prefix,
      ...(steps === undefined ? [] : [`${steps}`]),
    ]
    const [command = '', ...rest] = [...under, process.execPath, ...args]
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text))
    const lines = createInterface(child.stdout)
    lines.on('line', (line) => this.#hear(line))
    this.ended = new Promise((resolve) => child.once('close', () => resolve()))
    void this.ended.then(() => this.#wake())
  }

  #hear(line: string): void {
    // A kill may cut the last line in two; what it said was not said.
    if (!line.endsWith('}')) return
    const told = JSON.parse(line) as Partial<Token> & { ready?: string; closed?: boolean }
    if (told.ready !== undefined) this.isReady = true
    else if (told.closed === true) this.isClosed = true
    else this.acked.push(told as Token)
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Resolves once so many tokens are acknowledged, or it has ended. */
  async until(count: number): Promise<void> {
    while (this.acked.length < count && this.#child.exitCode === null) {
      if (this.#child.signalCode !== null) return
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** What it complained of, if it did. */
  get complaint(): string {
    return this.#stderr
  }
}
