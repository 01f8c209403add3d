/** `12.345 s` */
export function secondsText(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`
}

export function countText(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}

/** `a`, `a and b`, `a, b and c` */
export function listText(parts: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(parts)
}
