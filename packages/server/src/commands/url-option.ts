import type { Option } from '../command-line/command.ts'

/** Which replica a command talks to. */
export function urlOption(help: string): Option {
  return {
    name: 'url',
    value: 'URL',
    default: 'http://127.0.0.1:7001',
    environment: 'REJOIN_URL',
    help,
  }
}
