/**
 * Runs the command that the arguments name and sets the exit code: 0 when it was done, 1 when it
 * could not be, 2 when it was typed wrongly. What a person can mend is one line on stderr; only a
 * defect of ours shows a stack.
 */
import { readFile } from 'node:fs/promises'

import { RejoinError } from '@rejoin/protocol'

import { backup } from '../commands/backup.ts'
import { check } from '../commands/check.ts'
import { compact } from '../commands/compact.ts'
import { exportDocuments } from '../commands/export.ts'
import { importDocuments } from '../commands/import.ts'
import { leave } from '../commands/leave.ts'
import { listen } from '../commands/listen.ts'
import { members } from '../commands/members.ts'
import { remove } from '../commands/remove.ts'
import { replay } from '../commands/replay.ts'
import { restore } from '../commands/restore.ts'
import { send } from '../commands/send.ts'
import { serve } from '../commands/serve.ts'
import { status } from '../commands/status.ts'
import { TraceError } from '../replay/trace-error.ts'
import { CommandError, misused } from './command-error.ts'
import type { Command } from './command.ts'
import { readGiven, type Environment } from './given.ts'
import { commandHelp, generalHelp } from './help.ts'
import { nearest } from './nearest.ts'

const COMMANDS: readonly Command[] = [
  serve,
  status,
  members,
  leave,
  remove,
  send,
  listen,
  check,
  backup,
  restore,
  compact,
  exportDocuments,
  importDocuments,
  replay,
]

export async function main(): Promise<void> {
  const args = process.argv.slice(2)
  try {
    process.exitCode = await dispatch(args, process.env)
  } catch (error) {
    process.exitCode = report(error, args)
  }
}

async function dispatch(args: readonly string[], env: Environment): Promise<number> {
  const [first, ...rest] = args
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    process.stdout.write(generalHelp(COMMANDS))
    return first === undefined ? 2 : 0
  }
  if (first === '--version') {
    process.stdout.write(`${await ownVersion()}\n`)
    return 0
  }
  const command = findCommand(first)
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(commandHelp(command))
    return 0
  }
  return command.run(readGiven(command, rest, env))
}

function findCommand(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (command !== undefined) return command
  const names = COMMANDS.map((candidate) => candidate.name)
  const meant = nearest(name, names)
  const way = meant === undefined ? `commands: ${names.join(', ')}.` : `did you mean ${meant}?`
  throw misused(`${JSON.stringify(name)} is no command; ${way}`)
}

function report(error: unknown, args: readonly string[]): number {
  const isExpected =
    error instanceof CommandError || error instanceof RejoinError || error instanceof TraceError
  if (!isExpected) {
    console.error('rejoin failed in a way that it should not; please report this:', error)
    return 1
  }
  process.stderr.write(`rejoin: ${error.message}${hint(error, args)}\n`)
  return error instanceof CommandError ? error.exitCode : 1
}

function hint(error: Error, args: readonly string[]): string {
  if (!(error instanceof CommandError) || error.exitCode !== 2) return ''
  const command = COMMANDS.find(({ name }) => name === args[0])
  return command === undefined ? ' See rejoin --help.' : ` See rejoin ${command.name} --help.`
}

async function ownVersion(): Promise<string> {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return /"version": "([^"]+)"/.exec(manifest)?.[1] ?? 'unknown'
}
