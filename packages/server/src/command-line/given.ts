/**
 * What a command was given. Each option's value comes from the command line, else from its
 * environment variable, else from its default; errors name the place that a bad value came from.
 */
import { parseArgs } from 'node:util'

import { misused } from './command-error.ts'
import type { Command, Option } from './command.ts'
import { nearest } from './nearest.ts'

export type Environment = Readonly<Record<string, string | undefined>>

interface Value {
  readonly from: string
  readonly texts: readonly string[]
}

export class Given {
  readonly operands: readonly string[]
  readonly #values: ReadonlyMap<string, Value>

  constructor(operands: readonly string[], values: ReadonlyMap<string, Value>) {
    this.operands = operands
    this.#values = values
  }

  text(name: string): string | undefined {
    return this.#values.get(name)?.texts.at(-1)
  }

  list(name: string): readonly string[] {
    return this.#values.get(name)?.texts ?? []
  }

  isOn(name: string): boolean {
    return this.text(name) === 'true'
  }

  /** A whole number from `min` to `max`, both included. */
  whole(name: string, min: number, max: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (number >= min && number <= max) return number
    throw this.bad(name, `must be a whole number from ${min} to ${max}`)
  }

  /** The error for a value that won't do; `must` goes on after the option's name. */
  bad(name: string, must: string): Error {
    const { from, texts } = this.#values.get(name) ?? { from: `--${name}`, texts: [] }
    return misused(`${from} ${must}; it is ${JSON.stringify(texts.join(','))}.`)
  }
}

export function readGiven(command: Command, args: readonly string[], env: Environment): Given {
  const values = new Map<string, Value>()
  for (const option of command.options) {
    const value = fromEnvironment(option, env) ?? fromDefault(option)
    if (value !== undefined) values.set(option.name, value)
  }
  const { operands, typed } = readArguments(command, args)
  for (const [name, texts] of typed) values.set(name, { from: `--${name}`, texts })
  const { min, max } = command.operands
  if (operands.length < min) throw misused(`Something is missing: rejoin ${usageOf(command)}.`)
  if (operands.length > max) {
    throw misused(
      `${JSON.stringify(operands[max])} is one word too many: rejoin ${usageOf(command)}.`,
    )
  }
  return new Given(operands, values)
}

function usageOf({ name, usage }: Command): string {
  return `${name} ${usage}`
}

interface Arguments {
  readonly operands: string[]
  readonly typed: Map<string, string[]>
}

function readArguments(command: Command, args: readonly string[]): Arguments {
  const options = Object.fromEntries(
    command.options.map(({ name, value }) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  // The parser's own strict mode has errors of several lines; these here are one, with a way out.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  const operands: string[] = []
  const typed = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const option = findOption(command, token.name, token.rawName)
    const text = readValue(option, token.value, token.inlineValue === true)
    const earlier = typed.get(option.name) ?? []
    if (earlier.length > 0 && option.repeatable !== true) {
      throw misused(`--${option.name} is given twice; give it once.`)
    }
    typed.set(option.name, [...earlier, text])
  }
  return { operands, typed }
}

function findOption(command: Command, name: string, rawName: string): Option {
  const option = command.options.find((candidate) => candidate.name === name)
  if (option !== undefined && rawName === `--${name}`) return option
  const meant = nearest(
    name,
    command.options.map((candidate) => candidate.name),
  )
  const way = meant === undefined ? '.' : `; did you mean --${meant}?`
  throw misused(`${rawName} is no option of rejoin ${command.name}${way}`)
}

function readValue({ name, value }: Option, text: string | undefined, inline: boolean): string {
  if (value === undefined) {
    if (inline) throw misused(`--${name} takes no value; it is on when it is there.`)
    return 'true'
  }
  if (text === undefined || text === '' || (!inline && text.startsWith('-'))) {
    throw misused(`--${name} needs a value: --${name} ${value}.`)
  }
  return text
}

function fromEnvironment(option: Option, env: Environment): Value | undefined {
  const from = option.environment
  const text = from === undefined ? undefined : env[from]
  if (from === undefined || text === undefined || text === '') return undefined
  if (option.repeatable === true) {
    return { from, texts: text.split(',').map((part) => part.trim()) }
  }
  if (option.value !== undefined) return { from, texts: [text] }
  if (['1', 'true', 'yes', 'on'].includes(text)) return { from, texts: ['true'] }
  if (['0', 'false', 'no', 'off'].includes(text)) return { from, texts: ['false'] }
  throw misused(`${from} switches --${option.name}: set it to 1 or 0, not ${JSON.stringify(text)}.`)
}

function fromDefault(option: Option): Value | undefined {
  return option.default === undefined
    ? undefined
    : { from: `--${option.name}`, texts: [option.default] }
}
