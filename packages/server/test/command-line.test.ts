import { describe, expect, it } from 'vitest'

import { CommandError } from '../src/command-line/command-error.ts'
import type { Command } from '../src/command-line/command.ts'
import { readGiven, type Environment, type Given } from '../src/command-line/given.ts'
import { commandHelp, generalHelp } from '../src/command-line/help.ts'
import { nearest } from '../src/command-line/nearest.ts'

const command: Command = {
  name: 'go',
  summary: 'go somewhere',
  usage: '[PLACE] --speed N',
  description: 'Goes.',
  operands: { min: 0, max: 1 },
  options: [
    { name: 'speed', value: 'N', environment: 'GO_SPEED', default: '3', help: 'How fast.' },
    { name: 'via', value: 'PLACE', repeatable: true, environment: 'GO_VIA', help: 'On the way.' },
    { name: 'quiet', environment: 'GO_QUIET', help: 'Without a word.' },
  ],
  examples: [{ line: 'rejoin go home', meaning: 'Goes home.' }],
  run: () => Promise.resolve(0),
}

function given(args: string[], env: Environment = {}): Given {
  return readGiven(command, args, env)
}

function misuse(args: string[], env: Environment = {}): string {
  try {
    given(args, env).whole('speed', 1, 9)
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === 2) return error.message
    throw error
  }
  throw new Error(`${args.join(' ')} was taken`)
}

describe('what a command is given', () => {
  it('takes the command line before the environment, and that before the default', () => {
    expect(given([]).whole('speed', 1, 9)).toBe(3)
    expect(given([], { GO_SPEED: '4' }).whole('speed', 1, 9)).toBe(4)
    expect(given(['--speed', '5'], { GO_SPEED: '4' }).whole('speed', 1, 9)).toBe(5)
    expect(given(['--speed=6']).whole('speed', 1, 9)).toBe(6)
  })

  it('takes a repeatable option several times, and its variable separated by commas', () => {
    expect(given(['--via', 'a', 'home', '--via', 'b']).list('via')).toEqual(['a', 'b'])
    expect(given([], { GO_VIA: 'a, b' }).list('via')).toEqual(['a', 'b'])
    expect(given(['--via', 'c'], { GO_VIA: 'a,b' }).list('via')).toEqual(['c'])
  })

  it('takes a switch from either place', () => {
    expect(given([]).isOn('quiet')).toBe(false)
    expect(given(['--quiet']).isOn('quiet')).toBe(true)
    expect(given([], { GO_QUIET: '1' }).isOn('quiet')).toBe(true)
    expect(given([], { GO_QUIET: '0' }).isOn('quiet')).toBe(false)
  })

  it('keeps operands in their order, options between them or not', () => {
    expect(given(['--quiet', 'home']).operands).toEqual(['home'])
  })

  it.each([
    [['--sped', '4'], /--sped is no option of rejoin go; did you mean --speed\?/],
    [['--xyzzy'], /--xyzzy is no option of rejoin go\.$/],
    [['-q'], /-q is no option/],
    [['--speed'], /--speed needs a value: --speed N/],
    [['--speed', '--quiet'], /--speed needs a value/],
    [['--speed='], /--speed needs a value/],
    [['--quiet=1'], /--quiet takes no value/],
    [['--speed', '1', '--speed', '2'], /--speed is given twice/],
    [['--speed', 'fast'], /--speed must be a whole number from 1 to 9; it is "fast"/],
    [['--speed', '10'], /from 1 to 9/],
    [['home', 'away'], /"away" is one word too many: rejoin go \[PLACE\]/],
  ])('refuses %j in one line', (args, message) => {
    expect(misuse(args)).toMatch(message)
    expect(misuse(args)).not.toContain('\n')
  })

  it('names the variable that a bad value came from', () => {
    expect(misuse([], { GO_SPEED: 'x' })).toMatch(/^GO_SPEED must be a whole number/)
    expect(misuse([], { GO_QUIET: 'maybe' })).toMatch(/^GO_QUIET switches --quiet/)
  })
})

describe('nearest', () => {
  it.each([
    ['prot', 'port'],
    ['ports', 'port'],
    ['peers', 'peer'],
    ['static', 'static'],
    ['advertize', 'advertise'],
    ['zzz', undefined],
    ['', undefined],
  ])('%j is meant as %j', (word, meant) => {
    expect(nearest(word, ['port', 'peer', 'static', 'advertise'])).toBe(meant)
  })
})

describe('help', () => {
  it('tells every option, its default, its variable and the examples', () => {
    const help = commandHelp(command)
    for (const text of [
      '--speed N',
      'default: 3',
      'GO_SPEED=N',
      'GO_VIA=PLACE,PLACE',
      'GO_QUIET=1',
    ]) {
      expect(help).toContain(text)
    }
    expect(help).toContain('rejoin go home')
  })

  it('lists every command', () => {
    expect(generalHelp([command])).toContain('go  go somewhere')
  })
})
