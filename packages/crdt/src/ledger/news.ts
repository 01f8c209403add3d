import type * as Y from 'yjs'

import type { Change, Listener, Node } from './node.ts'
import { keysBelow, parentPath, type Path } from './path.ts'

/**
 * What each transaction changed, kept until its end, when those that listen are told. A listener
 * that throws keeps nobody from hearing, neither here nor among Yjs's own: its error goes to whoever
 * changed the document, when all is done.
 */
export class News {
  readonly #changed = new WeakMap<Y.Transaction, Set<Path>>()
  readonly #errors: unknown[] = []

  add(transaction: Y.Transaction, path: Path): void {
    const paths = this.#changed.get(transaction)
    if (paths === undefined) this.#changed.set(transaction, new Set([path]))
    else paths.add(path)
  }

  tell(transaction: Y.Transaction, nodes: ReadonlyMap<Path, Node>): void {
    const heard = new Map<Listener, string[][]>()
    for (const path of this.#changed.get(transaction) ?? []) {
      for (const [ancestor, listener] of listening(path, nodes)) {
        const paths = heard.get(listener) ?? []
        if (paths.push(keysBelow(ancestor, path)) === 1) heard.set(listener, paths)
      }
    }
    const { local, origin } = transaction
    for (const [listener, paths] of heard) this.#call(listener, { local, origin, paths })
  }

  throwError(): void {
    const [error] = this.#errors.splice(0)
    if (error !== undefined) throw error
  }

  #call(listener: Listener, change: Change): void {
    try {
      listener(change)
    } catch (error) {
      this.#errors.push(error)
    }
  }
}

function* listening(path: Path, nodes: ReadonlyMap<Path, Node>): Generator<[Path, Listener]> {
  for (let at = path; ; at = parentPath(at)) {
    for (const listener of nodes.get(at)?.listeners ?? []) yield [at, listener]
    if (at === '') return
  }
}
