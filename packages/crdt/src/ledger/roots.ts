import type * as Y from 'yjs'

import { isPath, type Path } from './path.ts'

/** Any of Yjs's shared types. */
type SharedType = Y.Transaction['changed'] extends Map<infer T, infer _Keys> ? T : never

/**
 * Texts lie at roots of the document, named by their path, so that any Yjs binding can have them, and
 * copies that begin one concurrently share it. Which of these roots changed in a transaction, and
 * where they lie.
 */
export class Roots {
  readonly #paths = new WeakMap<SharedType, Path | undefined>()

  #note(name: string, root: SharedType): Path | undefined {
    const path = name !== '' && !name.startsWith('rejoin') && isPath(name) ? name : undefined
    this.#paths.set(root, path)
    return path
  }

  /** All that there are. */
  *all(doc: Y.Doc): Generator<[Path, SharedType]> {
    for (const [name, root] of doc.share) {
      const path = this.#note(name, root)
      if (path !== undefined) yield [path, root]
    }
  }

  *changed({ changed, doc }: Y.Transaction): Generator<[Path, SharedType]> {
    const roots = new Set(Array.from(changed.keys(), rootOf))
    // Yjs replaces a root when it is first asked for as one type or another.
    const isUnknown = Array.from(roots).some((root) => !this.#paths.has(root))
    if (isUnknown) {
      for (const [name, root] of doc.share) {
        if (this.#paths.has(root)) continue
        this.#note(name, root)
        roots.add(root)
      }
    }
    for (const root of roots) {
      const path = this.#paths.get(root)
      if (path !== undefined) yield [path, root]
    }
  }
}

function rootOf(type: SharedType): SharedType {
  let root = type
  while (root._item !== null) root = root._item.parent as SharedType
  return root
}
