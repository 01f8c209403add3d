import { CHAIN_START, encodeEntry, type Dot, type ReplicaId, type Version } from '@rejoin/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { chainHash } from '../src/chain.ts'
import { ENGINE_LIMITS } from '../src/limits.ts'
import { Log } from '../src/log.ts'
import { idOf } from './peers.ts'

/** What several origins wrote who saw each other's entries, as a peer holds it. */
class Histories {
  readonly #entries = new Map<ReplicaId, Uint8Array[]>()
  readonly #hashes = new Map<ReplicaId, string[]>()

  write(origin: ReplicaId, deps: Version): void {
    const entries = this.#entries.get(origin) ?? []
    const hashes = this.#hashes.get(origin) ?? [CHAIN_START]
    const bytes = encodeEntry({
      dot: { replica: origin, seq: entries.length + 1 },
      deps,
      changes: [],
    })
    this.#entries.set(origin, [...entries, bytes])
    this.#hashes.set(origin, [...hashes, chainHash(hashes.at(-1) ?? CHAIN_START, bytes)])
  }

  get origins(): ReplicaId[] {
    return [...this.#entries.keys()]
  }

  length(origin: ReplicaId): number {
    return this.#entries.get(origin)?.length ?? 0
  }

  /** Up to `count` entries after `reached`, as one frame. */
  after(origin: ReplicaId, reached: number, count: number): Parameters<Log['take']>[0] {
    const entries = (this.#entries.get(origin) ?? []).slice(reached, reached + count)
    return {
      previous: this.#hashes.get(origin)?.[reached] ?? CHAIN_START,
      entries,
    }
  }
}

function emptyLog(): Log {
  const nothing = { heads: new Map(), floors: new Map() }
  return new Log({ self: idOf('z'), ...nothing, isVoid: () => false })
}

/**
 * Asks for what is missing until nothing is, of one origin as long as that brings something, and then of the
 * next, as when peers answer at very different speeds; answers how often it asked.
 */
function catchUp(log: Log, histories: Histories, chunk: number, asksMax: number): number {
  let asks = 0
  const appliedAll = (origin: ReplicaId): boolean => {
    return log.applied.get(origin) === histories.length(origin)
  }
  while (asks < asksMax && !histories.origins.every(appliedAll)) {
    for (const origin of histories.origins) {
      for (let before = -1; before !== log.reached(origin) && asks < asksMax; asks++) {
        before = log.reached(origin)
        log.take(histories.after(origin, before, chunk))
      }
    }
  }
  return asks
}

test('[L4] [L6] a replica that lacks more than may wait asks for little of it twice', () => {
  const histories = new Histories()
  const origins = ['a', 'b', 'c', 'd'].map(idOf)
  const each = ENGINE_LIMITS.waitingEntriesMax
  // Each entry builds on what the others had just written.
  for (let seq = 1; seq <= each; seq++) {
    for (const origin of origins) {
      const others = origins.filter((other) => other !== origin && histories.length(other) > 0)
      histories.write(origin, new Map(others.map((other) => [other, histories.length(other)])))
    }
  }
  const chunk = 256
  const chunks = (origins.length * each) / chunk
  expect(catchUp(emptyLog(), histories, chunk, 100_000)).toBeLessThanOrEqual(2 * chunks)
}, 120_000)

test('[X3] [L4] whatever the order, entries are applied after what they depend on, and all in the end', () => {
  const writes = fc.array(fc.record({ who: fc.nat(3), sees: fc.nat(3) }), { maxLength: 60 })
  fc.assert(
    fc.property(writes, fc.integer({ min: 1, max: 7 }), (history, chunk) => {
      const histories = new Histories()
      const origins = ['a', 'b', 'c', 'd'].map(idOf)
      for (const { who, sees } of history) {
        const [origin, other] = [origins[who] as ReplicaId, origins[sees] as ReplicaId]
        const seen = histories.length(other)
        histories.write(
          origin,
          origin === other || seen === 0 ? new Map() : new Map([[other, seen]]),
        )
      }
      const log = emptyLog()
      const applied: Dot[] = []
      for (let round = 0; round < 200; round++) {
        for (const origin of histories.origins) {
          const taken = log.take(histories.after(origin, log.reached(origin), chunk))
          if (taken.outcome === 'taken') applied.push(...taken.ready.map(({ dot }) => dot))
        }
      }
      expect(applied).toHaveLength(history.length)
    }),
    { seed: 6, numRuns: 100 },
  )
})

test('[L4] [L8] entries that wait for each other in a circle, as ids were used twice, are applied', () => {
  const [b, c, d, e] = ['b', 'c', 'd', 'e'].map(idOf) as [
    ReplicaId,
    ReplicaId,
    ReplicaId,
    ReplicaId,
  ]
  const histories = new Histories()
  histories.write(b, new Map([[c, 2]]))
  histories.write(c, new Map())
  histories.write(c, new Map([[d, 1]]))
  histories.write(d, new Map([[b, 1]]))
  // What waits for the circle, and what waits for something that has not come.
  histories.write(d, new Map([[c, 2]]))
  histories.write(e, new Map([[d, 2]]))
  histories.write(e, new Map([[idOf('f'), 1]]))
  const log = emptyLog()
  for (const origin of [b, c, e]) log.take(histories.after(origin, 0, 9))
  expect(log.applied).toEqual(new Map([[c, 1]]))
  log.take(histories.after(d, 0, 9))
  expect(log.applied).toEqual(
    new Map([
      [b, 1],
      [c, 2],
      [d, 2],
      [e, 1],
    ]),
  )
  expect(log.backlog.waitingEntries).toBe(1)
})
