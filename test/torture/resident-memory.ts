import { readFileSync } from 'node:fs'

/** Resident memory of some processes over time, by the part of a run: single figures swing with collection. */
export class ResidentMemory {
  /** By part, by process. */
  readonly #samplesMiB: number[][][]

  constructor(parts: number) {
    this.#samplesMiB = Array.from({ length: parts }, () => [])
  }

  /** Processes are told apart by their place in `pids`. */
  sample(part: number, pids: readonly (number | undefined)[]): void {
    const samples = this.#samplesMiB[part] ?? []
    for (const [at, pid] of pids.entries()) {
      if (pid !== undefined) (samples[at] ??= []).push(residentMiB(pid))
    }
  }

  /** Of each part, the mean of each process; `NaN` for one that was never there. */
  meansMiB(): number[][] {
    return this.#samplesMiB.map((samples) => Array.from(samples, (each) => meanOf(each ?? [])))
  }
}

/** Linux tells it alone; elsewhere it is not known. */
function residentMiB(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024
  } catch {
    return NaN
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
