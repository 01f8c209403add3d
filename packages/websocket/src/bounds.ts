/**
 * Every bound of this adapter with its unit in its name, and what happens there. What both ends of
 * a wire must agree on is in `LIMITS` of the protocol; these are one replica's own, and a host may
 * set others.
 */
export const BOUNDS = {
  /** WebSockets at once, links included; a handshake beyond is answered with HTTP 503. */
  connectionsMax: 10_000,
  /** Documents open on one client connection; the next opening is refused with `too-many`. */
  documentsMax: 1_000,
  /** Openings of one connection that are not answered yet; with this many, it is not read from. */
  openingsMax: 8,
  /** Bytes queued to a client; above, its session pauses, presence is dropped, it isn't read from. */
  highWaterBytes: 262_144,
  /** Once the queue is down to this, a paused connection goes on, and a link calls `drained`. */
  lowWaterBytes: 65_536,
  /** A queue over the high-water mark of which nothing leaves for so long ends with `too-slow`. */
  stalledMs: 60_000,
  /** How often a socket is pinged; one from which nothing came until the next ends with `silent`. */
  pingMs: 30_000,
  /** A stock client hears something at least this often; it gives up after 30,000. */
  keepAliveMs: 20_000,
  /** How long the other end has to answer a close frame before its socket is destroyed. */
  closeMs: 10_000,
  /** From opening a link to the other end's proof of the secret; then it ends with `wrong-secret`. */
  provingMs: 5_000,
  /**
   * Bytes read from an end that has not proven the secret, frame headers and pings included; more end
   * its link with `wrong-secret`, and it isn't read from any more. Four proofs take 169 bytes.
   */
  provingBytesMax: 1_024,
  /**
   * Fragments of one message; more end the connection. Chromium sends in fragments of at most 131,000
   * bytes (16 MB in 126 of them, measured), and a proxy may split them further. An attacker's 4,096
   * empty ones cost under 1 MiB.
   */
  fragmentsMax: 4_096,
  /**
   * Reads from the network that `ws` holds before it has a whole frame; more end the connection. On
   * a slow network each is one TCP segment, of 1,220 bytes or more: 13,752 of them are 16 MiB.
   */
  chunksMax: 16_384,
} as const

export type Bounds = { readonly [Name in keyof typeof BOUNDS]: number }
