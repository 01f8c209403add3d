/** Moments that the wheel has a bucket for, in ms: what is further away waits beside it. */
const WHEEL_MS = 131_072
const NONE = -1

/**
 * What is due on virtual time, for tens of millions of events: a wheel with a bucket for each ms, each
 * bucket a list of slots that are used again and again, so that an event costs no allocation and no
 * comparison. Within one ms events come in the order in which they were set, so equal histories stay equal.
 */
export class EventQueue<Due> {
  /** Virtual time in whole ms. */
  now = 0
  /** Events taken so far. */
  taken = 0
  /** Whom the event that was taken last is for. */
  subject: number = NONE
  /** The event that was taken last. */
  due: Due | undefined
  readonly #heads: number[] = Array.from({ length: WHEEL_MS }, () => NONE)
  readonly #tails: number[] = Array.from({ length: WHEEL_MS }, () => NONE)
  /** The slots: when each is due, whom it is for, what, and the next of the same bucket. */
  readonly #at: number[] = []
  readonly #subjects: number[] = []
  readonly #dues: (Due | undefined)[] = []
  readonly #next: number[] = []
  #free: number = NONE
  /** Slots that are due after the wheel's end, in no order. */
  #far: number[] = []

  /** Sets `due` for `subject`, `delayMs` from now; parts of a ms are cut off. */
  set(delayMs: number, subject: number, due: Due): void {
    const slot = this.#slot()
    this.#at[slot] = this.now + Math.max(0, Math.trunc(delayMs))
    this.#subjects[slot] = subject
    this.#dues[slot] = due
    this.#next[slot] = NONE
    this.#place(slot)
  }

  #slot(): number {
    const slot = this.#free
    if (slot === NONE) return this.#at.length
    this.#free = this.#next[slot] ?? NONE
    return slot
  }

  #place(slot: number): void {
    const at = this.#at[slot] ?? 0
    // A bucket holds one moment only: the next turn of the wheel begins at the same place for all.
    if (at >= this.#turnEnd()) return void this.#far.push(slot)
    const bucket = at % WHEEL_MS
    const tail = this.#tails[bucket] ?? NONE
    if (tail === NONE) this.#heads[bucket] = slot
    else this.#next[tail] = slot
    this.#tails[bucket] = slot
  }

  #turnEnd(): number {
    return this.now - (this.now % WHEEL_MS) + WHEEL_MS
  }

  /** Takes the next event that is due by `end` into `subject` and `due`; `false` when there is none. */
  take(end: number): boolean {
    for (;;) {
      const bucket = this.now % WHEEL_MS
      const slot = this.#heads[bucket] ?? NONE
      if (slot !== NONE) {
        this.#remove(bucket, slot)
        return true
      }
      if (this.now >= end) return false
      this.now += 1
      if (this.now % WHEEL_MS === 0) this.#turn()
    }
  }

  #remove(bucket: number, slot: number): void {
    this.subject = this.#subjects[slot] ?? NONE
    this.due = this.#dues[slot]
    this.#dues[slot] = undefined
    const next = this.#next[slot] ?? NONE
    this.#heads[bucket] = next
    if (next === NONE) this.#tails[bucket] = NONE
    this.#next[slot] = this.#free
    this.#free = slot
    this.taken += 1
  }

  /** The wheel begins anew: what was beyond its end may have a bucket now. */
  #turn(): void {
    const far = this.#far
    this.#far = []
    for (const slot of far) this.#place(slot)
  }
}
