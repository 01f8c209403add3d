import { createHash } from 'node:crypto'

/** The slow twins of the sketches: one list of all that was added, and the definitions. */

/** The eight words of SHA-256, by another implementation than that of the package. */
function wordsOf(item: string | number): number[] {
  const digest = createHash('sha256').update(JSON.stringify(item)).digest()
  return Array.from({ length: 8 }, (_, word) => digest.readUInt32BE(word * 4))
}

export function naiveRegisters(items: Iterable<string | number>, precision: number): Uint8Array {
  const registers = new Uint8Array(2 ** precision)
  for (const item of items) {
    const [high = 0, low = 0] = wordsOf(item)
    const bits = high.toString(2).padStart(32, '0') + low.toString(2).padStart(32, '0')
    const register = Number.parseInt(bits.slice(0, precision), 2)
    const rank = `${bits.slice(precision)}1`.indexOf('1') + 1
    registers[register] = Math.max(registers[register] ?? 0, rank)
  }
  return registers
}

/** The count that a count-min sketch of this shape gives for an item. */
export function naiveCount(
  counts: ReadonlyMap<string, number>,
  { width, depth }: { width: number; depth: number },
  item: string,
): number {
  const own = wordsOf(item)
  const rows = Array.from({ length: depth }, () => 0)
  for (const [other, count] of counts) {
    for (const [row, word] of wordsOf(other).slice(0, depth).entries()) {
      if (word % width === (own[row] ?? 0) % width) rows[row] = (rows[row] ?? 0) + count
    }
  }
  return Math.min(...rows)
}

/** The value itself at the index q · (n - 1), rounded down. */
export function exactQuantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? Number.NaN
}

/** What a DDSketch of an accuracy shows for a value. */
export function naiveMiddle(value: number, accuracy: number): number {
  if (Math.abs(value) < 1e-9) return 0
  const gamma = (1 + accuracy) / (1 - accuracy)
  const power = Math.ceil(Math.log(Math.abs(value)) / Math.log(gamma))
  return (Math.sign(value) * 2 * gamma ** power) / (gamma + 1)
}

export function countItems<T>(items: Iterable<readonly [T, number]>): Map<T, number> {
  const counts = new Map<T, number>()
  for (const [item, count] of items) counts.set(item, (counts.get(item) ?? 0) + count)
  return counts
}
