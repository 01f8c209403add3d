/**
 * The part of a WebSocket that a client uses, so that the browser's, Node's own (from 22 on) and the
 * `ws` package's all fit without conversion. Listeners are added as methods: that is where the three
 * agree.
 */
export interface Socket {
  binaryType: string
  /** The sub-protocol that the other side chose. */
  readonly protocol: string
  /** Bytes given to `send` and not yet handed to the network. */
  readonly bufferedAmount: number
  send(frame: Uint8Array<ArrayBuffer>): void
  close(closeCode?: number, reason?: string): void
  addEventListener(type: 'open' | 'error', listener: (event: object) => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: SocketClosed) => void): void
}

export interface SocketClosed {
  readonly code: number
  readonly reason: string
}

/** Throws on a URL that it can't dial. */
export type SocketConstructor = new (url: string, protocol: string) => Socket
