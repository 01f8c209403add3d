/** Addresses that are told of between two readings of the secrets, each of them once. */
const ADDRESSES_MAX = 64

/**
 * Tells who looks after a replica to which others it has no link for want of a common secret. Those
 * are dialled again and again, so each is told of once, until the secrets are read again.
 */
export class WrongSecrets {
  readonly #told: Set<string> = new Set()

  readonly tell = (address: string): void => {
    // Without what a path could hold; an address that was dialled is a URL.
    const { origin } = new URL(address)
    if (this.#told.has(origin) || this.#told.size >= ADDRESSES_MAX) return
    this.#told.add(origin)
    process.stderr.write(
      `rejoin: There is no link to ${origin}: that replica and this one share no secret. ` +
        'Give both the same --secret-file, or none.\n',
    )
  }

  again(): void {
    this.#told.clear()
  }
}
