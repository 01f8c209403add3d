import { closeSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'

import { SECRET_LIMITS, type Secrets } from '@rejoin/websocket'

import { failed } from './command-line/command-error.ts'

/** The whole file, comments included. */
const FILE_BYTES_MAX = 65_536

export interface SecretFile {
  readonly secrets: Secrets
  /** What is unsafe about the file as it is. */
  readonly warning: string | undefined
}

/**
 * Reads secrets, one a line; blank lines and those that begin with # don't count. Throws a
 * `CommandError` where the file won't do. Neither that nor the warning says anything of a secret.
 */
export function readSecretFile(path: string): SecretFile {
  const { text, stats } = readText(path)
  const lines = text.split('\n').map((line, at) => ({ number: at + 1, text: line.trim() }))
  const secrets = lines
    .filter(({ text: line }) => line !== '' && !line.startsWith('#'))
    .map((line) => secretOf(path, line))
  const { secretsMax } = SECRET_LIMITS
  if (secrets.length === 0 || secrets.length > secretsMax) {
    throw failed(`${path} has ${secrets.length} secrets; it must have 1 to ${secretsMax}.`)
  }
  return { secrets, warning: warningOf(path, stats) }
}

function secretOf(path: string, { number, text }: { number: number; text: string }): Uint8Array {
  const secret = Buffer.from(text)
  const { secretBytesMin, secretBytesMax } = SECRET_LIMITS
  if (secret.length >= secretBytesMin && secret.length <= secretBytesMax) return secret
  const bounds = `${secretBytesMin} to ${secretBytesMax} bytes`
  throw failed(`Line ${number} of ${path} has ${secret.length} bytes; a secret has ${bounds}.`)
}

/** Both of one and the same file, even if another takes its place meanwhile. */
function readText(path: string): { readonly text: string; readonly stats: Stats } {
  const file = open(path)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) throw failed(`${path} is no file; it must be one, with a secret a line.`)
    if (stats.size > FILE_BYTES_MAX) {
      throw failed(
        `${path} has ${stats.size} bytes; a file of secrets has ${FILE_BYTES_MAX} at most.`,
      )
    }
    return { text: readFileSync(file, 'utf8'), stats }
  } finally {
    closeSync(file)
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    throw failed(`${path} can't be read (${(cause as NodeJS.ErrnoException).code}).`, { cause })
  }
}

/** Windows has other rights than these; what `mode` says there means nothing. */
function warningOf(path: string, { mode }: Stats): string | undefined {
  if (process.platform === 'win32' || (mode & 0o077) === 0) return undefined
  const rights = (mode & 0o777).toString(8)
  return `${path} has the mode ${rights}, so that others may read it; run chmod 600 on it.`
}
