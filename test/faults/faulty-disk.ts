import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

import { onTestFinished } from 'vitest'

import { until } from '../real/until.ts'

/** Faults of disks under a process that runs: what a system call answers, and how long it takes. */
export interface Fault {
  readonly call: string
  /** As strace has it, such as `error=EIO` or `delay_enter=2000000` (in µs). */
  readonly inject: string
}

/** Whether a process that is not a child can be given such faults here. */
export function canInject(): boolean {
  const sleeper = spawn('sleep', ['5'])
  try {
    const args = ['-qq', '-o', '/dev/null', '-p', `${sleeper.pid}`]
    // A tracer that could attach is still there when it is told to go.
    const { signal } = spawnSync('strace', args, { timeout: 500 })
    return signal !== null
  } finally {
    sleeper.kill()
  }
}

/** Lets `fault` befall process `pid` until the returned function is called. */
export async function inject(
  pid: number,
  { call, inject: how }: Fault,
): Promise<() => Promise<void>> {
  const faults = ['-e', `trace=${call}`, '-e', `inject=${call}:${how}`]
  const tracer = spawn('strace', ['-f', '-o', '/dev/null', ...faults, '-p', `${pid}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  tracer.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  onTestFinished(() => end(tracer))
  await until(() => said.includes('attached'), 'the tracer is attached')
  return () => end(tracer)
}

async function end(tracer: ChildProcess): Promise<void> {
  if (tracer.exitCode !== null || tracer.signalCode !== null) return
  const ended = once(tracer, 'exit')
  tracer.kill('SIGINT')
  await ended
}
