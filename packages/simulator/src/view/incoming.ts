import { covers, decodeEntry, decodeReplicaMessage, seqOf } from '@rejoin/protocol'
import type { ReplicaId, ReplicaMessage, Version } from '@rejoin/protocol'

interface Came {
  readonly origin: ReplicaId
  readonly seq: number
  readonly deps: Version
}

/**
 * Entries that have come to a replica and are not on its disk yet. Those that it can apply it has applied;
 * the others wait for what they depend on (rule L4).
 */
export class Incoming {
  #came = new Map<string, Came>()
  /** Whether some have come that the replica has not taken yet. */
  #isNew = false

  /** Takes note of the entries in a frame, if it has any. */
  take(frame: Uint8Array): void {
    this.#isNew = true
    const decoded = decodeReplicaMessage(frame)
    for (const bytes of decoded.ok ? entriesOf(decoded.value) : []) {
      const entry = decodeEntry(bytes)
      if (!entry.ok) continue
      const { dot, deps } = entry.value
      this.#came.set(`${dot.replica} ${dot.seq}`, { origin: dot.replica, seq: dot.seq, deps })
    }
  }

  /** As after a crash. */
  forget(): void {
    this.#came.clear()
  }

  /** Nothing waits at the replica, be it for the disk or for other entries: the rest was dropped. */
  settled(): void {
    if (!this.#isNew) this.forget()
  }

  /** How many of them are applied, and how many wait, at a replica whose disk is at `version`. */
  counts(version: Version): { applied: number; waiting: number } {
    this.#isNew = false
    for (const [key, { origin, seq }] of this.#came) {
      if (seqOf(version, origin) >= seq) this.#came.delete(key)
    }
    let waiting = [...this.#came.values()].toSorted((a, b) => a.seq - b.seq)
    const reached = new Map(version)
    for (let before = -1; before !== waiting.length;) {
      before = waiting.length
      waiting = waiting.filter(({ origin, seq, deps }) => {
        if (seqOf(reached, origin) + 1 !== seq || !covers(reached, deps)) return true
        reached.set(origin, seq)
        return false
      })
    }
    return { applied: this.#came.size - waiting.length, waiting: waiting.length }
  }
}

function entriesOf(message: ReplicaMessage): readonly Uint8Array[] {
  if (message.type === 'push') return message.series.flatMap(({ entries }) => entries)
  return message.type === 'entries' ? message.entries : []
}
