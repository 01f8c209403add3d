import * as Y from 'yjs'

import type { DecodedUpdate, DeletedRange } from './gate.ts'
import { Ranges } from './ranges.ts'

/** Deleted ranges of one update that are added one by one; more are sorted in. */
const ONE_BY_ONE_MAX = 16

/**
 * How far one document reaches: per Yjs client the clock up to which everything is held, and what of
 * it is deleted. A state vector alone would not do, since it does not see deletions. With it the
 * gate tells an update that brings nothing from one that does, and both from one that runs ahead of
 * what is held, without ever building the document.
 */
export class Extent {
  readonly #clocks = new Map<number, number>()
  readonly #deleted = new Map<number, Ranges>()

  /** Yjs's state vector. */
  stateVector(): Uint8Array {
    return Y.encodeStateVector(this.#clocks)
  }

  /** Whether `update` brings nothing that is not held. */
  holds({ structs, deletes }: DecodedUpdate): boolean {
    for (const { id, length } of structs) {
      if (this.#clock(id.client) < id.clock + length) return false
    }
    for (const [client, ranges] of deletes) {
      const deleted = this.#deleted.get(client)
      for (const { clock, len } of ranges) {
        if (len > 0 && deleted?.covers(clock, clock + len) !== true) return false
      }
    }
    return true
  }

  /**
   * Whether all that `update` builds on is held or in `update` itself: no client's structs leave a
   * gap, and no neighbour, parent or deleted range lies beyond.
   */
  reaches(update: DecodedUpdate): boolean {
    const after = this.#clocksAfter(update)
    if (after === undefined) return false
    const known = (client: number): number => after.get(client) ?? this.#clock(client)
    const has = (id: Y.ID | null): boolean => id === null || id.clock < known(id.client)
    for (const struct of update.structs) {
      if (!(struct instanceof Y.Item)) continue
      if (!has(struct.origin) || !has(struct.rightOrigin)) return false
      if (struct.parent instanceof Y.ID && !has(struct.parent)) return false
    }
    for (const [client, ranges] of update.deletes) {
      for (const { clock, len } of ranges) if (clock + len > known(client)) return false
    }
    return true
  }

  /** The clocks once `structs` are held, of their clients; `undefined` if they leave a gap. */
  #clocksAfter({ structs }: DecodedUpdate): Map<number, number> | undefined {
    const after = new Map<number, number>()
    for (const struct of structs) {
      if (struct instanceof Y.Skip) continue
      const { client, clock } = struct.id
      const held = after.get(client) ?? this.#clock(client)
      if (clock > held) return undefined
      after.set(client, Math.max(held, clock + struct.length))
    }
    return after
  }

  /** Takes in an update that `reaches` accepted, or one that comes whole out of the log. */
  add({ structs, deletes }: DecodedUpdate): void {
    for (const struct of structs) {
      if (struct instanceof Y.Skip) continue
      const end = struct.id.clock + struct.length
      if (end > this.#clock(struct.id.client)) this.#clocks.set(struct.id.client, end)
    }
    for (const [client, ranges] of deletes) {
      this.#delete(client, ranges)
    }
  }

  #delete(client: number, added: readonly DeletedRange[]): void {
    let ranges = this.#deleted.get(client)
    if (ranges === undefined) {
      ranges = new Ranges()
      this.#deleted.set(client, ranges)
    }
    const all = added.map(({ clock, len }) => ({ from: clock, to: clock + len }))
    if (all.length > ONE_BY_ONE_MAX) return ranges.addAll(all)
    for (const { from, to } of all) ranges.add(from, to)
  }

  #clock(client: number): number {
    return this.#clocks.get(client) ?? 0
  }
}
