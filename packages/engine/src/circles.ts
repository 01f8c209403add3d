import type { ReplicaId } from '@rejoin/protocol'

/**
 * An origin on a circle of such that wait for each other, if there is one; `awaited` are those that one waits for.
 * Time allows no circle, unless ids were used twice (rules L1, L8): then what somebody wrote under one may be
 * seen by who writes under another what the first has seen already.
 */
export function onCircle(
  origins: readonly ReplicaId[],
  awaited: (origin: ReplicaId) => readonly ReplicaId[],
): ReplicaId | undefined {
  const done = new Set<ReplicaId>()
  for (const start of origins) {
    const path: ReplicaId[] = [start]
    const onPath = new Set(path)
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const next = done.has(at) ? undefined : awaited(at).find((each) => !done.has(each))
      if (next !== undefined && onPath.has(next)) return next
      if (next === undefined) {
        done.add(at)
        onPath.delete(at)
        path.pop()
      } else {
        path.push(next)
        onPath.add(next)
      }
    }
  }
  return undefined
}
