import type { Command, Option } from './command.ts'

/** The help texts; each is enough to use what it is about. All lines fit 100 columns. */
export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return lines(
    'Rejoin keeps copies of documents equal on replicas that may be cut off from each other.',
    '',
    'Usage: rejoin COMMAND [options]',
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Options:',
    '  --help     this text; rejoin COMMAND --help tells about one command',
    '  --version  the version of this command',
    '',
    'Try it:',
    '  rejoin serve --port 7001 --data data/a',
    '  rejoin serve --port 7002 --data data/b --peer ws://127.0.0.1:7001',
    '  rejoin status',
  )
}

export function commandHelp(command: Command): string {
  return lines(
    `Usage: rejoin ${command.name} ${command.usage}`,
    '',
    command.description,
    '',
    'Options:',
    ...command.options.flatMap(optionHelp),
    '  --help',
    '      This text.',
    '',
    'Examples:',
    ...command.examples.flatMap(({ line, meaning }) => [`  ${line}`, `      ${meaning}`]),
  )
}

function optionHelp(option: Option): string[] {
  const { name, value, help, repeatable, environment } = option
  const facts = [
    ...(repeatable === true ? ['may be given more than once'] : []),
    ...(option.default === undefined ? [] : [`default: ${option.default}`]),
    ...(environment === undefined ? [] : [`or ${environmentHelp(environment, option)}`]),
  ]
  const head = value === undefined ? `  --${name}` : `  --${name} ${value}`
  return [head, `      ${help}`, ...(facts.length === 0 ? [] : [`      (${facts.join('; ')})`])]
}

function environmentHelp(environment: string, { value, repeatable }: Option): string {
  if (value === undefined) return `${environment}=1`
  return repeatable === true ? `${environment}=${value},${value}` : `${environment}=${value}`
}

function lines(...all: string[]): string {
  return `${all.join('\n')}\n`
}
