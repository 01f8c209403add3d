import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface ScaleRun {
  readonly replicas: number
  readonly seed: number
  /** The name of one measure; all where it is empty. */
  readonly only: string
  /** Where the figures go as JSON; nowhere where it is empty. */
  readonly json: string
}

/** Ten thousand replicas take some gigabytes; and the longer young objects may live, the less is copied. */
const NODE_FLAGS = ['--max-old-space-size=12000', '--max-semi-space-size=128', '--expose-gc']

/** Takes the measures in a process of their own; answers its exit code. */
export function scale({ replicas, seed, only, json }: ScaleRun): Promise<number> {
  const script = fileURLToPath(new URL('./main.js', import.meta.url))
  const args = [...NODE_FLAGS, script, String(replicas), String(seed), only, json]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
