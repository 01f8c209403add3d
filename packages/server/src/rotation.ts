import type { Secrets } from '@rejoin/websocket'

import { readSecretFile } from './secret-file.ts'

/** Whatever is told the secrets each time that they are read. */
export type UseSecrets = (secrets: Secrets) => void

/**
 * The secrets of a file, read at once and again on every SIGHUP, from the start: a replica that is
 * slow to open is not ended by the signal, and has what the file says then.
 */
export class Rotation {
  readonly #path: string
  #secrets: Secrets
  #use: UseSecrets = () => {}

  /** Throws a `CommandError` where the file won't do. */
  constructor(path: string) {
    this.#path = path
    this.#secrets = this.#read()
    process.on('SIGHUP', this.#onHangup)
  }

  get secrets(): Secrets {
    return this.#secrets
  }

  /** `use` is told the secrets there are now, and those there will be. */
  begin(use: UseSecrets): void {
    this.#use = use
    use(this.#secrets)
  }

  forget(): void {
    process.off('SIGHUP', this.#onHangup)
  }

  /** A file that won't do changes nothing: the replica goes on with what it has. */
  readonly #onHangup = (): void => {
    try {
      this.#secrets = this.#read()
    } catch (error) {
      return tell(`The secrets stay as they are: ${(error as Error).message}`)
    }
    this.#use(this.#secrets)
    tell(`${this.#path} was read again; it holds for new links, those that are open stay.`)
  }

  #read(): Secrets {
    const { secrets, warning } = readSecretFile(this.#path)
    if (warning !== undefined) tell(warning)
    return secrets
  }
}

function tell(message: string): void {
  process.stderr.write(`rejoin: ${message}\n`)
}
