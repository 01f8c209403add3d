import type { WholeDocument } from '@rejoin/gossip'

import type { Emit } from './events.ts'
import type { GroupCommit } from './group-commit.ts'
import { ENGINE_LIMITS } from './limits.ts'
import { mergeAll } from './merging.ts'

interface Pass {
  /** The last document that was published, in the store's order; empty before the first. */
  after: string
  /** The batch that publishes what was read last, or the last before that; the next is read when it is durable. */
  batch: number | undefined
  /** Whether there is nothing after that. */
  isLast: boolean
  readonly isIn: (document: string) => boolean
  readonly onDone: () => void
}

/**
 * Publishes documents whole, in own entries: when they hold what no entry says. That is so where another
 * program has written to the store (rule S4), where entries that have left the log turn out to be disputed
 * (rule L1), and where others may have another history than these come from (`Comparing`). What they have
 * already changes nothing for them.
 */
export class Republishing {
  readonly #commit: GroupCommit
  readonly #emit: Emit
  /** The first one is under way. */
  readonly #passes: Pass[] = []

  constructor(options: { commit: GroupCommit; emit: Emit }) {
    this.#commit = options.commit
    this.#emit = options.emit
  }

  /** Publishes those that are `isIn`, or all. */
  begin({ onDone, isIn = () => true }: Partial<Pass> & Pick<Pass, 'onDone'>): void {
    this.#passes.push({ after: '', batch: undefined, isLast: false, isIn, onDone })
    if (this.#passes.length === 1) this.#start()
  }

  /** What is on its way to the disk is to be found there. */
  #start(): void {
    const [pass] = this.#passes
    if (pass === undefined) return
    if (this.#commit.isIdle) return this.#read('')
    this.#await(pass)
  }

  #await(pass: Pass): void {
    pass.batch = this.#commit.nextId
    this.#emit({ type: 'schedule', timer: { kind: 'seal' }, delayMs: 0 })
  }

  #read(after: string): void {
    this.#emit({ type: 'read-all', after, bytesMax: ENGINE_LIMITS.looseBytesMax })
  }

  found(documents: readonly WholeDocument[], next: { after: string; isLast: boolean }): void {
    const [pass] = this.#passes
    if (pass === undefined) return
    pass.after = next.after
    pass.isLast = next.isLast
    const included = documents.filter(({ document }) => pass.isIn(document))
    for (const { document, updates } of included) this.#commit.addEdit(document, mergeAll(updates))
    if (included.length === 0) return this.#goOn(pass)
    this.#await(pass)
  }

  /** Batch `id` is durable. */
  committed(id: number): void {
    const [pass] = this.#passes
    if (pass?.batch === undefined || pass.batch > id) return
    pass.batch = undefined
    this.#goOn(pass)
  }

  /** The store is open again: what it was asked for is asked once more. */
  goOn(): void {
    const [pass] = this.#passes
    if (pass !== undefined && pass.batch === undefined) this.#read(pass.after)
  }

  #goOn({ after, isLast, onDone }: Pass): void {
    if (!isLast) return this.#read(after)
    this.#passes.shift()
    onDone()
    this.#start()
  }
}
