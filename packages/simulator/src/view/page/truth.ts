import type { Seqs } from './recording.ts'

/** `R` and `U` as nobody in the run can know them: from what is on all disks. */
export interface Truth {
  readonly stable: Seqs
  readonly union: Seqs
  /** Entries in `U \ R`. */
  readonly apart: number
}

export function truthOf(versions: readonly Seqs[]): Truth {
  const places = Math.max(0, ...versions.map(({ length }) => length))
  const columns = Array.from({ length: places }, (_, origin) => {
    return versions.map((version) => version[origin] ?? 0)
  })
  const stable = columns.map((column) => Math.min(...column))
  const union = columns.map((column) => Math.max(...column))
  return { stable, union, apart: sumOf(union) - sumOf(stable) }
}

export function sumOf(seqs: Seqs): number {
  return seqs.reduce((sum, seq) => sum + seq, 0)
}
