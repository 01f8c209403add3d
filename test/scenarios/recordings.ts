import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Where recordings of real people's typing are: they are not part of the repository. REJOIN_TRACES
 * names their directory; without it, `shared/traces` beside the repository or further up is taken.
 */
export function findRecordings(): string | undefined {
  const named = process.env['REJOIN_TRACES']
  if (named !== undefined) return named
  for (let at = import.meta.dirname; dirname(at) !== at; at = dirname(at)) {
    const candidate = join(at, 'shared', 'traces')
    if (existsSync(candidate)) return candidate
  }
  return undefined
}
