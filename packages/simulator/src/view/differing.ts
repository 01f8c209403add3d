/** The fields of `after` that are not as they were; all of them where there was nothing before. */
export function differing<State extends object>(
  before: State | undefined,
  after: State,
): Partial<State> | undefined {
  if (before === undefined) return after
  const changed = Object.entries(after).filter(([name, value]) => {
    return !isSame(value, before[name as keyof State])
  })
  return changed.length === 0 ? undefined : (Object.fromEntries(changed) as Partial<State>)
}

function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b
  return a.length === b.length && a.every((each, at) => each === b[at])
}
