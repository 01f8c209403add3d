import { LIMITS } from '@rejoin/protocol'

/** How many more bytes of entries may be sent to whoever asked for them. */
export class SendWindow {
  #bytes: number = LIMITS.windowBytesMax

  get isOpen(): boolean {
    return this.#bytes > 0
  }

  sent(bytes: number): void {
    this.#bytes -= bytes
  }

  /** The peer has dealt with `bytes`, it says; that opens no more than the window. */
  allow(bytes: number): void {
    this.#bytes = Math.min(this.#bytes + bytes, LIMITS.windowBytesMax)
  }
}

/** What entries count in a window. */
export function bytesOf(entries: readonly Uint8Array[]): number {
  return entries.reduce((sum, entry) => sum + entry.length, 0)
}
