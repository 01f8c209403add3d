import type { Emit, StoreEvent } from './events.ts'
import type { Resident, Residents } from './residents.ts'

/** Compacting documents in memory, once their tail outweighs the snapshot before it. */
export class Compacting {
  readonly #residents: Residents
  readonly #emit: Emit

  constructor(options: { residents: Residents; emit: Emit }) {
    this.#residents = options.residents
    this.#emit = options.emit
  }

  consider(resident: Resident): void {
    if (!resident.loaded || resident.compacting || resident.incompactible) return
    if (!resident.document.wantsCompaction) return
    resident.compacting = true
    const document = resident.document.name
    this.#emit({ type: 'compact', document, ...resident.document.toCompact() })
  }

  /** What was compacted takes the place of what it was made of; one that can't be stays as it is. */
  done({ document, snapshot, end, isHopeless }: StoreEvent & { type: 'compacted' }): void {
    const resident = this.#residents.get(document)
    if (resident === undefined) return
    resident.compacting = false
    if (snapshot !== undefined) resident.document.compacted(snapshot, end)
    resident.incompactible ||= isHopeless === true
    this.#residents.left(document)
  }
}
