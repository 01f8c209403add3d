import * as Y from 'yjs'

import type { DecodedUpdate, DeletedRange } from './gate.ts'
import { Ranges } from './ranges.ts'

/** Deleted ranges of one update that are added one by one; more are sorted in. */
const ONE_BY_ONE_MAX = 16

/** The structs of a Yjs client up to a clock. */
export interface Need {
  readonly client: number
  readonly upTo: number
}

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
   * The first thing that `update` builds on and that is neither held nor in `update` itself: what
   * closes the gap before a client's structs, a neighbour, a parent, or what is deleted. `undefined`
   * when nothing is lacking.
   */
  lacks({ structs, deletes }: DecodedUpdate): Need | undefined {
    const after = new Map<number, number>()
    for (const struct of structs) {
      if (struct instanceof Y.Skip) continue
      const { client, clock } = struct.id
      const held = after.get(client) ?? this.#clock(client)
      if (clock > held) return { client, upTo: clock }
      after.set(client, Math.max(held, clock + struct.length))
    }
    for (const need of needsOf(structs, deletes)) {
      if (need.upTo > (after.get(need.client) ?? this.#clock(need.client))) return need
    }
    return undefined
  }

  meets({ client, upTo }: Need): boolean {
    return this.#clock(client) >= upTo
  }

  /** Takes in an update that lacks nothing, or one that comes whole out of the log. */
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

/** What structs and deletions refer to. */
function* needsOf(
  structs: DecodedUpdate['structs'],
  deletes: DecodedUpdate['deletes'],
): Generator<Need> {
  for (const struct of structs) {
    if (!(struct instanceof Y.Item)) continue
    for (const id of [struct.origin, struct.rightOrigin, struct.parent]) {
      if (id instanceof Y.ID) yield { client: id.client, upTo: id.clock + 1 }
    }
  }
  for (const [client, ranges] of deletes) {
    for (const { clock, len } of ranges) yield { client, upTo: clock + len }
  }
}
