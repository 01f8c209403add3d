import type { ChainedBatch } from 'classic-level'

import type { Database } from './database.ts'
import { markKey } from './keys.ts'
import { encodeMark, type Mark } from './values.ts'
import type { Witness } from './witness.ts'

export type Writing = ChainedBatch<Database, Uint8Array, Uint8Array>

/** By how much a batch changes what its mark counts. */
export type Growth = Partial<Omit<Mark, 'batch'>>

/**
 * Every change of the store is one batch, and so one record in LevelDB's own log, synced before it
 * counts (rule S1). Each is numbered and leaves its mark, and the witness hears of it: so one that is lost
 * later leaves a gap that opening finds (rule S3).
 */
export class Batches {
  readonly #database: Database
  readonly #witness: Witness
  #mark: Mark

  constructor(database: Database, witness: Witness, mark: Mark) {
    this.#database = database
    this.#witness = witness
    this.#mark = mark
  }

  /** The mark of the last batch that is durable. */
  get mark(): Mark {
    return this.#mark
  }

  async write(growth: Growth, put: (writing: Writing) => void): Promise<void> {
    const mark = {
      batch: this.#mark.batch + 1,
      entries: this.#mark.entries + (growth.entries ?? 0),
      documents: this.#mark.documents + (growth.documents ?? 0),
      members: this.#mark.members + (growth.members ?? 0),
    }
    // A chained batch takes a quarter of the time that an array of operations does.
    const writing = this.#database.batch()
    try {
      put(writing)
      const key = markKey(mark.batch)
      writing.put(key, encodeMark(key, mark))
      await writing.write({ sync: true })
    } finally {
      await writing.close()
    }
    this.#mark = mark
    this.#witness.note(mark.batch)
  }
}
