import { Engine, nothingStored, type EngineEffect, type EngineEvent } from '@rejoin/engine'
import type { ReplicaId } from '@rejoin/protocol'
import * as Y from 'yjs'

type EffectOf<T extends EngineEffect['type']> = Extract<EngineEffect, { type: T }>

/** One engine alone, in a test's hands: nothing happens that the test does not say. */
export class Rig {
  readonly engine: Engine = new Engine({
    stored: nothingStored('a'.repeat(16) as ReplicaId),
    run: '1'.repeat(16),
    retention: { keepBytes: 1_000_000, maxBytes: 2_000_000 },
    address: '',
    peers: [],
    tags: new Map(),
    seed: 1,
  })
  now = 0
  #effects: EngineEffect[] = []

  step(event: EngineEvent): void {
    this.#effects.push(...this.engine.step(event, this.now))
  }

  /** Takes out the effects of one kind that have gathered. */
  take<T extends EngineEffect['type']>(type: T): EffectOf<T>[] {
    const taken = this.#effects.filter((effect): effect is EffectOf<T> => effect.type === type)
    this.#effects = this.#effects.filter((effect) => effect.type !== type)
    return taken
  }

  /** Lets the timers of one kind that were scheduled go off. */
  fire(kind: 'seal' | 'flush'): void {
    for (const { timer } of this.take('schedule')) {
      if (timer.kind === kind) this.step({ type: 'timer', timer })
      else this.#effects.push({ type: 'schedule', timer, delayMs: 0 })
    }
  }

  /** Seals, and says that the batch is durable. */
  commit(): void {
    this.fire('seal')
    for (const { batch } of this.take('commit')) this.step({ type: 'committed', batch: batch.id })
  }

  /** Attaches a session and opens a document that the store does not hold. */
  open(session: number, document = 'notes'): void {
    this.step({ type: 'attached', session })
    this.step({ type: 'open', session, document, stateVector: Uint8Array.of(0) })
    for (const load of this.take('load')) {
      this.step({ type: 'loaded', document: load.document, updates: [] })
    }
  }

  edit(session: number, ref: number, update: Uint8Array, document = 'notes'): void {
    this.step({ type: 'edit', session, document, ref, update })
  }
}

/** The updates of typing these texts one after the other, by one Yjs client. */
export function typed(client: number, ...texts: string[]): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = client
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const text of texts) doc.getText('content').insert(doc.getText('content').length, text)
  return updates
}

export function textOf(...updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc.getText('content').toString()
}
