import { FAULTS, mixOf, type Fault, type Mix } from './mix.ts'

/** The command that lives this history again. */
export function replayCommand(mix: Mix): string {
  const whole = mixOf(mix.seed)
  const parts = [`npm run simulate -- --seed ${mix.seed}`]
  if (mix.profile !== whole.profile) parts.push(`--profile ${mix.profile}`)
  for (const size of ['replicas', 'clients', 'moments'] as const) {
    if (mix[size] !== whole[size]) parts.push(`--${size} ${mix[size]}`)
  }
  const drawn = mixOf(mix.seed, { profile: mix.profile })
  const left = FAULTS.filter((fault) => drawn.likely[fault] > 0 && mix.likely[fault] === 0)
  if (left.length > 0) parts.push(`--without ${left.join(',')}`)
  return parts.join(' ')
}

/** Leaves some kinds of fault out of a mix. */
export function without(mix: Mix, faults: readonly Fault[]): Mix {
  const likely = { ...mix.likely }
  for (const fault of faults) likely[fault] = 0
  return { ...mix, likely }
}
