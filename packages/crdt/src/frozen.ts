/**
 * Snapshots that are sets and maps. `Object.freeze` does not keep these from being changed, so what
 * changes them is taken away.
 */
export function frozenSet<T>(values: Iterable<T>): ReadonlySet<T> {
  return frozen(new Set(values), ['add', 'delete', 'clear'])
}

export function frozenMap<V>(entries: Iterable<readonly [string, V]>): ReadonlyMap<string, V> {
  return frozen(new Map(entries), ['set', 'delete', 'clear'])
}

function frozen<C extends object>(collection: C, methods: readonly string[]): C {
  for (const method of methods) Object.defineProperty(collection, method, { value: refuse })
  return Object.freeze(collection)
}

function refuse(): never {
  throw new TypeError('A snapshot can not be changed: change the value that it was read from.')
}
