import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const READER = fileURLToPath(new URL('./children/reader.mjs', import.meta.url))

/** What a process that opened a directory and read all of it has to say. */
export type Answer =
  | { readonly contents: Readonly<Record<string, string>>; readonly problems: readonly string[] }
  | { readonly refused: string; readonly message: string }
  | { readonly thrown: string }

/** Reads directories in a process of its own, and in another one when that has ended. */
export class Reader {
  #child: ChildProcessWithoutNullStreams | undefined
  #lines: AsyncIterator<string> | undefined

  async read(directory: string): Promise<Answer> {
    const child = (this.#child ??= this.#start())
    child.stdin.write(`${directory}\n`)
    const next = await this.#lines?.next()
    if (next?.done === false) return JSON.parse(next.value) as Answer
    this.#child = undefined
    return { thrown: 'The process ended.' }
  }

  #start(): ChildProcessWithoutNullStreams {
    const child = spawn(process.execPath, [READER], { stdio: 'pipe' })
    child.stdin.on('error', () => {})
    const lines: Interface = createInterface({ input: child.stdout })
    this.#lines = lines[Symbol.asyncIterator]()
    return child
  }

  close(): void {
    this.#child?.stdin.end()
  }
}
