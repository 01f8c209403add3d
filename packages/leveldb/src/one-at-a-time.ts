/** Runs what it is given one after the other, in the order of the calls, whether or not one fails. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(job: () => Promise<T>): Promise<T> {
    const next = this.#last.then(job, job)
    this.#last = next.catch(() => {})
    return next
  }

  /** Resolves once everything has ended that was given so far. */
  async rest(): Promise<void> {
    await this.#last
  }
}
