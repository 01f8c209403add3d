/** The part of the slider that belongs to the time in which there are faults. */
const FAULTS_PART = 0.76

/**
 * Where a moment is on the slider, from 0 to 1. What follows the faults is mostly quiet, and long: it gets
 * less room than it takes time.
 */
export class Scale {
  readonly kneeMs: number
  readonly endMs: number
  readonly knee: number

  constructor(faultsEndMs: number, endMs: number) {
    const isBroken = faultsEndMs >= endMs
    this.endMs = Math.max(1, endMs)
    this.kneeMs = isBroken ? this.endMs : faultsEndMs
    this.knee = isBroken ? 1 : Math.max(FAULTS_PART, faultsEndMs / endMs)
  }

  partOf(ms: number): number {
    if (ms <= this.kneeMs) return (ms / this.kneeMs) * this.knee
    return this.knee + ((ms - this.kneeMs) / (this.endMs - this.kneeMs)) * (1 - this.knee)
  }

  msOf(part: number): number {
    if (part <= this.knee) return (part / this.knee) * this.kneeMs
    return this.kneeMs + ((part - this.knee) / (1 - this.knee)) * (this.endMs - this.kneeMs)
  }

  /** Moments to be labelled, at least `gap` of the slider apart. */
  labels(gap: number): readonly number[] {
    const steps = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000]
    const [faults, peace] = [0, 1].map((side) => {
      const perMs =
        side === 0 ? this.knee / this.kneeMs : (1 - this.knee) / (this.endMs - this.kneeMs)
      return steps.find((step) => step * perMs >= gap) ?? 600_000
    })
    const before = multiples(faults ?? 1, 0, this.kneeMs)
    const after = multiples(peace ?? 1, this.kneeMs, this.endMs)
    return [
      ...before,
      ...after.filter((ms) => this.partOf(ms) - this.partOf(before.at(-1) ?? 0) >= gap),
    ]
  }
}

function multiples(step: number, fromMs: number, toMs: number): number[] {
  const first = Math.ceil(fromMs / step)
  const count = Math.max(0, Math.floor(toMs / step) - first + 1)
  return Array.from({ length: count }, (_, at) => (first + at) * step)
}
