import { decodeReplicaMessage } from '@rejoin/protocol'

/** What was sent, each frame counted once for every link that it went to. */
export interface Sent {
  readonly frames: number
  /** Bytes of frames, without what WebSocket, TCP and IP put around them. */
  readonly bytes: number
  /** Frames that carry entries, and how many entries these are: the payload. */
  readonly payloadFrames: number
  readonly payloads: number
  readonly payloadBytes: number
  readonly ofKind: ReadonlyMap<string, { readonly frames: number; readonly bytes: number }>
}

/** A message's type is the first byte of its frame: there are fewer than 128 of them. */
const KINDS = 128

/** Counts what replicas send to each other. A frame is opened only if it carries entries. */
export class Traffic {
  readonly #names: (string | undefined)[] = []
  readonly #frames = new Float64Array(KINDS)
  readonly #bytes = new Float64Array(KINDS)
  #payloads = 0

  /** `frame` went to so many links. */
  sent(frame: Uint8Array, links: number): void {
    const kind = frame[0] ?? 0
    this.#names[kind] ??= nameOf(frame)
    this.#frames[kind] = (this.#frames[kind] ?? 0) + links
    this.#bytes[kind] = (this.#bytes[kind] ?? 0) + links * frame.length
    if (PAYLOAD.includes(this.#names[kind] ?? '')) this.#payloads += links * entriesIn(frame)
  }

  /** All that was sent so far. */
  total(): Sent {
    const ofKind = new Map<string, { frames: number; bytes: number }>()
    for (const [kind, name] of this.#names.entries()) {
      if (name === undefined) continue
      ofKind.set(name, { frames: this.#frames[kind] ?? 0, bytes: this.#bytes[kind] ?? 0 })
    }
    return sentOf(ofKind, this.#payloads)
  }

  /** What was sent since `earlier`. */
  since(earlier: Sent): Sent {
    const { ofKind, payloads } = this.total()
    const differences = [...ofKind].map(([name, { frames, bytes }]) => {
      const before = earlier.ofKind.get(name) ?? { frames: 0, bytes: 0 }
      return [name, { frames: frames - before.frames, bytes: bytes - before.bytes }] as const
    })
    return sentOf(new Map(differences), payloads - earlier.payloads)
  }
}

function sentOf(ofKind: Sent['ofKind'], payloads: number): Sent {
  let [frames, bytes] = [0, 0]
  for (const kind of ofKind.values()) {
    frames += kind.frames
    bytes += kind.bytes
  }
  let [payloadFrames, payloadBytes] = [0, 0]
  for (const name of PAYLOAD) {
    const kind = ofKind.get(name) ?? NOTHING
    payloadFrames += kind.frames
    payloadBytes += kind.bytes
  }
  return { frames, bytes, payloadFrames, payloads, payloadBytes, ofKind }
}

/** Fetched and pushed. */
const PAYLOAD = ['entries', 'push']

const NOTHING = { frames: 0, bytes: 0 }

function nameOf(frame: Uint8Array): string {
  const decoded = decodeReplicaMessage(frame)
  if (!decoded.ok) throw new Error(`A replica sent nonsense: ${decoded.rejection.reason}`)
  return decoded.value.type
}

function entriesIn(frame: Uint8Array): number {
  const decoded = decodeReplicaMessage(frame)
  if (!decoded.ok) return 0
  const { value } = decoded
  if (value.type === 'entries') return value.entries.length
  if (value.type !== 'push') return 0
  return value.series.reduce((sum, { entries }) => sum + entries.length, 0)
}
