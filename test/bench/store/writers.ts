import { memoryNetwork, openReplica, type Replica, type Session, type Store } from '@rejoin/replica'
import { ClassicLevel } from 'classic-level'
import { LeveldbPersistence } from 'y-leveldb'
import * as Y from 'yjs'

/** Somebody who writes one small update after the other, each as soon as the one before is durable. */
export interface Writing {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

const MEASURED_MS = 3_000

/** What one writer types, about 20 bytes at a time; each writes the same into a document of their own. */
const TYPED: readonly Uint8Array[] = typed(30_000)

function typed(count: number): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = 1
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let at = 0; at < count; at++) doc.getText('t').insert(at, 'x')
  return updates
}

/** Has `count` writers write through `write`, which resolves when an update is durable. */
async function measure(
  count: number,
  write: (writer: number, update: Uint8Array) => Promise<void>,
): Promise<Writing> {
  const tookMs: number[] = []
  const end = performance.now() + MEASURED_MS
  const startedMs = performance.now()
  const writers = Array.from({ length: count }, async (_, writer) => {
    for (const update of TYPED) {
      if (performance.now() > end) return
      const sent = performance.now()
      await write(writer, update)
      tookMs.push(performance.now() - sent)
    }
  })
  await Promise.all(writers)
  const seconds = (performance.now() - startedMs) / 1_000
  tookMs.sort((a, b) => a - b)
  const at = (share: number): number => tookMs[Math.floor(tookMs.length * share)] ?? 0
  return { perSecond: tookMs.length / seconds, p50: at(0.5), p99: at(0.99) }
}

/** Through a replica: the gate, a commit, the log and the document, the acknowledgement. */
export async function throughReplica(store: Store, count: number): Promise<Writing> {
  const replica = await openReplica({ store, transport: memoryNetwork().transport('a') })
  const sessions = Array.from({ length: count }, (_, writer) => new Writer(replica, writer))
  await Promise.all(sessions.map((writer) => writer.opened))
  const written = await measure(count, (writer, update) => {
    return (sessions[writer] as Writer).write(update)
  })
  await replica.close()
  return written
}

class Writer {
  readonly opened: Promise<void>
  readonly #session: Session
  readonly #document: string
  #ref = 0
  #acked: () => void = () => {}

  constructor(replica: Replica, number: number) {
    this.#document = `document ${number}`
    let isOpen: () => void = () => {}
    this.opened = new Promise((resolve) => (isOpen = resolve))
    this.#session = replica.attach({
      opened: () => isOpen(),
      update: () => {},
      ack: () => this.#acked(),
      ask: () => {},
      presence: () => {},
      refused: (_document, _ref, { reason }) => {
        throw new Error(reason)
      },
      closed: () => {},
    })
    this.#session.open(this.#document, Uint8Array.of(0))
  }

  write(update: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#acked = resolve
      this.#ref += 1
      this.#session.edit(this.#document, this.#ref, update)
    })
  }
}

/** As y-leveldb stores updates: in turn, and never synced. */
export async function throughYLeveldb(directory: string, count: number): Promise<Writing> {
  const persistence = new LeveldbPersistence(directory)
  const written = await measure(count, async (writer, update) => {
    await persistence.storeUpdate(`document ${writer}`, update)
  })
  await persistence.destroy()
  return written
}

/** The limit: LevelDB's own synced batches, one under way at a time, and nothing else. */
export async function bareBatches(directory: string, count: number): Promise<Writing> {
  const options = { keyEncoding: 'view', valueEncoding: 'view' } as const
  const database = new ClassicLevel<Uint8Array, Uint8Array>(directory, options)
  await database.open()
  let gathered: { key: Uint8Array; update: Uint8Array; done: () => void }[] = []
  let underWay = false
  const clocks = new Map<number, number>()
  const commit = async (): Promise<void> => {
    if (underWay) return
    underWay = true
    while (gathered.length > 0) {
      const some = gathered
      gathered = []
      const batch = database.batch()
      for (const { key, update } of some) batch.put(key, update)
      await batch.write({ sync: true })
      for (const { done } of some) done()
      // As a replica does, it lets everybody answer before it takes the next.
      await new Promise((resolve) => setImmediate(resolve))
    }
    underWay = false
  }
  const written = await measure(count, (writer, update) => {
    const clock = clocks.get(writer) ?? 0
    clocks.set(writer, clock + 1)
    const key = new TextEncoder().encode(`document ${writer} ${String(clock).padStart(9, '0')}`)
    return new Promise((done) => {
      gathered.push({ key, update, done })
      void commit()
    })
  })
  await database.close()
  return written
}
