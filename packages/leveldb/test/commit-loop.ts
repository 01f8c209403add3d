import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * A process of its own that commits in a loop to a directory, and tells what was made durable. It
 * runs the built package, as an application does. Killed with SIGKILL, it gets to do nothing more.
 */
export interface CommitLoop {
  /** What it has printed so far. */
  readonly lines: readonly Line[]
  /** Resolves once `enough` holds of what it has printed; rejects when it ends before that. */
  until(enough: (lines: readonly Line[]) => boolean): Promise<void>
  /** Takes the bound on its files away, and lets it go on after its first refusal. Linux only. */
  relieve(): void
  /** Kills it unless it has ended; resolves once all that it printed is in `lines`. */
  kill(): Promise<void>
  /** Resolves once it has ended. */
  readonly ended: Promise<void>
}

export interface Line {
  readonly durable?: number
  readonly refused?: number
  readonly code?: string
  readonly message?: string
}

export interface CommitLoopOptions {
  readonly charactersPerEdit: number
  /** Bounds every file that it writes, in blocks of 512 bytes. */
  readonly fileBlocksMax?: number
}

const FIXTURE = fileURLToPath(new URL('./fixtures/commit-loop.mjs', import.meta.url))
const BUILT = fileURLToPath(new URL('../dist/leveldb-store.js', import.meta.url))

export function startCommitLoop(directory: string, options: CommitLoopOptions): CommitLoop {
  if (!existsSync(BUILT)) throw new Error('the package is not built: npx tsc -b packages/leveldb')
  const limit = `ulimit -S -f ${options.fileBlocksMax ?? 'unlimited'}; exec "$0" "$@"`
  const command = [process.execPath, FIXTURE, directory, String(options.charactersPerEdit)]
  const stdio: ['pipe', 'pipe', 'inherit'] = ['pipe', 'pipe', 'inherit']
  const child = spawn('sh', ['-c', limit, ...command], { stdio })
  const lines: Line[] = []
  const checks = new Set<() => void>()
  const stdout = createInterface(child.stdout)
  stdout.on('line', (line) => {
    lines.push(JSON.parse(line) as Line)
    for (const check of checks) check()
  })
  const ended = new Promise<void>((resolve) => {
    stdout.once('close', resolve)
  })
  return {
    lines,
    ended,
    until: (enough) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (enough(lines)) resolve()
        }
        checks.add(check)
        check()
        void ended.then(() => reject(new Error(`it ended after ${lines.length} lines`)))
      }),
    relieve: () => {
      execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited'])
      child.stdin.end('\n')
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
