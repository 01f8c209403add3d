/** What ends a command with one line on stderr, as the person who typed it can mend it. */
export class CommandError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}

/** The command was right, and could not be done. */
export function failed(message: string, options?: ErrorOptions): CommandError {
  return new CommandError(message, 1, options)
}

/** The command itself is wrong. */
export function misused(message: string): CommandError {
  return new CommandError(message, 2)
}
