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
  lacks(update: DecodedUpdate): Need | undefined {
    const [first] = this.#unmet(update)
    return first
  }

  /** All such things: of each Yjs client the nearest, as more of `update` can be shown once that is there. */
  lacking(update: DecodedUpdate): Need[] {
    const nearest = new Map<number, Need>()
    for (const need of this.#unmet(update)) {
      const other = nearest.get(need.client)
      if (other === undefined || need.upTo < other.upTo) nearest.set(need.client, need)
    }
    return [...nearest.values()]
  }

  *#unmet({ structs, deletes }: DecodedUpdate): Generator<Need> {
    const after = new Map<number, number>()
    for (const struct of structs) {
      if (struct instanceof Y.Skip) continue
      const { client, clock } = struct.id
      const held = after.get(client) ?? this.#clock(client)
      // What comes after a gap is not there either before that is closed.
      if (clock > held) yield { client, upTo: clock }
      else after.set(client, Math.max(held, clock + struct.length))
    }
    for (const { client, from, to } of referredTo(structs, deletes)) {
      const held = after.get(client) ?? this.#clock(client)
      // Of what is deleted a part can be there before the rest.
      if (to > held) yield { client, upTo: Math.max(held, from) + 1 }
    }
  }

  /**
   * Whether something of `update` that is not held can be shown without the rest of it: a struct that comes
   * next and all of whose references are held, or a deletion of what is.
   */
  growsBy({ structs, deletes }: DecodedUpdate): boolean {
    return (
      structs.some((struct) => this.#isNext(struct)) ||
      [...deletes].some(([client, ranges]) => this.#isDeletedBy(client, ranges))
    )
  }

  #isNext(struct: DecodedUpdate['structs'][number]): boolean {
    const held = this.#clock(struct.id.client)
    const isHere = struct.id.clock <= held && held < struct.id.clock + struct.length
    if (struct instanceof Y.Skip || !isHere) return false
    return [...referredTo([struct], new Map())].every(({ client, to }) => to <= this.#clock(client))
  }

  /** Whether these ranges delete something that is held and not deleted yet. */
  #isDeletedBy(client: number, ranges: readonly DeletedRange[]): boolean {
    const [held, deleted] = [this.#clock(client), this.#deleted.get(client) ?? new Ranges()]
    return ranges.some(({ clock, len }) => !deleted.covers(clock, Math.min(clock + len, held)))
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

/** The structs of a Yjs client, from one clock to before another. */
interface Reference {
  readonly client: number
  readonly from: number
  readonly to: number
}

/** What structs and deletions refer to. */
function* referredTo(
  structs: DecodedUpdate['structs'],
  deletes: DecodedUpdate['deletes'],
): Generator<Reference> {
  for (const struct of structs) {
    if (!(struct instanceof Y.Item)) continue
    for (const id of [struct.origin, struct.rightOrigin, struct.parent]) {
      if (id instanceof Y.ID) yield { client: id.client, from: id.clock, to: id.clock + 1 }
    }
  }
  for (const [client, ranges] of deletes) {
    for (const { clock, len } of ranges) yield { client, from: clock, to: clock + len }
  }
}
