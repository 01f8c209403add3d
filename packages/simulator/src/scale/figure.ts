/** What a measure found, beside what is known of others and what is aimed at. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** What others have published, in words. */
  readonly published?: string
  readonly target?: Target
}

/** A bound that the value must keep, itself included. */
export interface Target {
  readonly bound: 'at most' | 'at least'
  readonly value: number
}

/** Whether a figure is as it should be; `undefined` where nothing is aimed at. */
export function isMet({ value, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined
  return target.bound === 'at most' ? value <= target.value : value >= target.value
}

export function atMost(value: number): Target {
  return { bound: 'at most', value }
}

export function atLeast(value: number): Target {
  return { bound: 'at least', value }
}

/** Of sorted or unsorted values the one that `share` of them do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
