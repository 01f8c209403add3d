import type { Given } from './given.ts'

/**
 * A command as a table: what it takes is said once, and parsing, environment variables and the help
 * all read it from here.
 */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** What comes after the command's name, in one line. */
  readonly usage: string
  /** A paragraph or more for its help. */
  readonly description: string
  /** How many operands, words that are no options, it takes. */
  readonly operands: { readonly min: number; readonly max: number }
  readonly options: readonly Option[]
  readonly examples: readonly Example[]
  /** Answers the exit code. Throws a `CommandError` for what the caller can mend. */
  run(given: Given): Promise<number>
}

export interface Option {
  /** Without its dashes. */
  readonly name: string
  /** What stands for its value in the help; left out for a switch, which takes none. */
  readonly value?: string
  readonly help: string
  /** May be given more than once; its environment variable then separates values by commas. */
  readonly repeatable?: boolean
  readonly environment?: string
  readonly default?: string
}

interface Example {
  readonly line: string
  readonly meaning: string
}
