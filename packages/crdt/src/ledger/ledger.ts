import * as Y from 'yjs'

import { CrdtError } from '../error.ts'
import { Node, type Change, type Listener, type Slot } from './node.ts'
import { showsPresence } from './codes.ts'
import { keysBelow, lastKey, parentPath, type Path } from './path.ts'
import { deleteValue, Shelf } from './shelf.ts'
import { ResetNotes } from './reset-notes.ts'
import { readToken, type Token } from './token.ts'

/** The root arrays of the document that hold the tokens. */
const UNDOABLE = 'rejoin'
/** For what can't be taken back: it lies where no undo manager looks. */
const LASTING = 'rejoin:lasting'

const NEVER_CHANGED = -1
/** Any of Yjs's shared types. */
type SharedType = Y.Transaction['changed'] extends Map<infer T, infer _Keys> ? T : never

const ledgers = new WeakMap<Y.Doc, Ledger>()

/**
 * All tokens of a document, whoever put them, as a tree of the places that they belong to. Kept up
 * to date within a transaction for what is written here, and before any observer runs for what
 * arrives. One per document.
 */
export class Ledger {
  readonly doc: Y.Doc
  readonly undoable: Y.Array<unknown>
  readonly #shelves: { readonly undoable: Shelf; readonly lasting: Shelf }
  readonly #tokens = new Map<number, Map<number, Token>>()
  readonly #nodes = new Map<Path, Node>()
  readonly #roots = new WeakMap<object, Path>()
  readonly #changed = new Set<Path>()
  /** Notes that removals left about sums of this copy: see `ResetNotes`. */
  readonly #notes = new ResetNotes()
  #tick = 0
  #number = 0

  static of(doc: Y.Doc): Ledger {
    const known = ledgers.get(doc)
    if (known !== undefined) return known
    const ledger = new Ledger(doc)
    ledgers.set(doc, ledger)
    return ledger
  }

  private constructor(doc: Y.Doc) {
    this.doc = doc
    this.undoable = rootArray(doc, UNDOABLE)
    const lasting = rootArray(doc, LASTING)
    const client = doc.clientID >>> 1
    this.#shelves = {
      undoable: new Shelf(doc, this.undoable, client),
      lasting: new Shelf(doc, lasting, client ^ 0x2aaaaaaa),
    }
    this.#node('')
    for (const structs of doc.store.clients.values()) for (const each of structs) this.#read(each)
    for (const [name, type] of doc.share) this.#noteRoot(name, type)
    this.#changed.clear()
    doc.on('beforeObserverCalls', (transaction) => this.#follow(transaction))
    doc.on('afterTransaction', (transaction) => this.#publish(transaction))
  }

  /** Names this copy of the document in what it writes, and no other: Yjs tells if one did. */
  get lineage(): number {
    return this.#shelves.undoable.client
  }

  /** 1, 2, 3 …: with the lineage it names one change for ever. */
  nextNumber(): number {
    this.#number += 1
    return this.#number
  }

  find(path: Path): Node | undefined {
    return this.#nodes.get(path)
  }

  versionOf(path: Path): number {
    return this.#nodes.get(path)?.version ?? NEVER_CHANGED
  }

  put(transaction: Y.Transaction, code: string, path: Path, payload: readonly unknown[]): Token {
    return this.#append(transaction, this.#shelves.undoable, [code + path, ...payload])
  }

  /** A token that no undo manager touches. */
  putLasting(
    transaction: Y.Transaction,
    code: string,
    path: Path,
    payload: readonly unknown[],
  ): Token {
    return this.#append(transaction, this.#shelves.lasting, [code + path, ...payload])
  }

  drop(transaction: Y.Transaction, token: Token): void {
    if (!this.#forget(token)) return
    deleteValue(transaction, token.client, token.clock)
  }

  subscribe(path: Path, listener: Listener): () => void {
    const { listeners } = this.#node(path)
    // Of its own, so that one function can listen twice.
    const own: Listener = (change) => listener(change)
    listeners.add(own)
    return () => {
      listeners.delete(own)
      this.#prune(this.#nodes.get(path))
    }
  }

  #append(transaction: Y.Transaction, shelf: Shelf, value: readonly unknown[]): Token {
    const clock = shelf.append(transaction, value)
    const token = readToken(shelf.client, clock, value)
    if (token === undefined) throw new Error('A token was put that can not be read.')
    this.#take(token)
    for (const note of this.#notes.takeSpent(this)) this.drop(transaction, note)
    return token
  }

  /** What came or went by other hands: first all that came, so that a value replaced never flickers. */
  #follow(transaction: Y.Transaction): void {
    const { beforeState, afterState, deleteSet, doc } = transaction
    for (const [client, clock] of afterState) {
      const before = beforeState.get(client) ?? 0
      const structs = doc.store.clients.get(client)
      if (clock === before || structs === undefined) continue
      for (let at = Y.findIndexSS(structs, before); at < structs.length; at++) {
        this.#read(structs[at])
      }
    }
    for (const [client, ranges] of deleteSet.clients) {
      const known = this.#tokens.get(client)
      if (known === undefined) continue
      for (const { clock, len } of ranges) this.#forgetRange(known, clock, clock + len)
    }
    if (!transaction.local) this.#keepApart(transaction)
    this.#followRoots(transaction)
  }

  #read(struct: Y.Item | Y.GC | undefined): void {
    if (!(struct instanceof Y.Item) || struct.deleted || struct.parentSub !== null) return
    const { undoable, lasting } = this.#shelves
    if (struct.parent !== undoable.array && struct.parent !== lasting.array) return
    if (!(struct.content instanceof Y.ContentAny)) return
    const { client, clock } = struct.id
    const known = this.#tokens.get(client)
    struct.content.arr.forEach((value, offset) => {
      if (known?.has(clock + offset) === true) return
      const token = readToken(client, clock + offset, value)
      if (token !== undefined) this.#take(token)
    })
  }

  #take(token: Token): void {
    let ofClient = this.#tokens.get(token.client)
    if (ofClient === undefined) {
      ofClient = new Map()
      this.#tokens.set(token.client, ofClient)
    }
    ofClient.set(token.clock, token)
    const node = this.#node(token.path)
    const slot = slotOf(node, token.code)
    slot.tokens.add(token)
    this.#notes.hear(token, this.lineage)
    const isNews = slot.index?.add(token) ?? true
    this.#account(node, showsPresence(token.code) ? 1 : 0, isNews)
  }

  #forget(token: Token): boolean {
    const ofClient = this.#tokens.get(token.client)
    if (ofClient?.delete(token.clock) !== true) return false
    if (ofClient.size === 0) this.#tokens.delete(token.client)
    const node = this.#node(token.path)
    const slot = slotOf(node, token.code)
    slot.tokens.delete(token)
    const isNews = slot.index?.remove(token) ?? true
    if (slot.tokens.size === 0) node.slots.delete(token.code)
    this.#account(node, showsPresence(token.code) ? -1 : 0, isNews)
    this.#prune(node)
    return true
  }

  #forgetRange(known: ReadonlyMap<number, Token>, from: number, to: number): void {
    if (to - from > known.size) {
      for (const [clock, token] of Array.from(known)) {
        if (clock >= from && clock < to) this.#forget(token)
      }
      return
    }
    for (let clock = from; clock < to; clock++) {
      const token = known.get(clock)
      if (token !== undefined) this.#forget(token)
    }
  }

  #account(node: Node, present: number, isNews: boolean): void {
    let changes = isNews
    this.#tick += 1
    for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
      if (changes) at.version = this.#tick
      const was = at.present
      at.present += present
      // A key has come or gone, which is news to what holds it.
      if ((was === 0) !== (at.present === 0)) changes = true
    }
    if (changes) this.#changed.add(node.path)
  }

  #keepApart({ beforeState, afterState }: Y.Transaction): void {
    for (const shelf of Object.values(this.#shelves)) {
      if (beforeState.get(shelf.client) !== afterState.get(shelf.client)) shelf.moveOn()
    }
  }

  #followRoots({ changed }: Y.Transaction): void {
    const roots = new Set<SharedType>()
    for (const type of changed.keys()) roots.add(rootOf(type))
    for (const root of roots) this.#noteRoot(this.#roots.get(root), root)
  }

  /** Texts lie at roots of their own, named by their path, so that any Yjs binding can have them. */
  #noteRoot(name: string | undefined, root: SharedType): void {
    const path = name ?? Y.findRootTypeKey(root)
    this.#roots.set(root, path)
    if (path === UNDOABLE || path === LASTING) return
    const node = this.#node(path)
    const hasText = root._length > 0
    const present = Number(hasText) - Number(node.hasText)
    node.hasText = hasText
    this.#account(node, present, true)
    this.#prune(node)
  }

  #publish({ local, origin }: Y.Transaction): void {
    if (this.#changed.size === 0) return
    const heard = new Map<Listener, string[][]>()
    for (const path of this.#changed) {
      for (const [ancestor, listener] of this.#listening(path)) {
        const paths = heard.get(listener) ?? []
        if (paths.push(keysBelow(ancestor, path)) === 1) heard.set(listener, paths)
      }
    }
    this.#changed.clear()
    callAll(heard, { local, origin })
  }

  *#listening(path: Path): Generator<[Path, Listener]> {
    for (let at = path; ; at = parentPath(at)) {
      for (const listener of this.#nodes.get(at)?.listeners ?? []) yield [at, listener]
      if (at === '') return
    }
  }

  #node(path: Path): Node {
    const known = this.#nodes.get(path)
    if (known !== undefined) return known
    const parent = path === '' ? undefined : this.#node(parentPath(path))
    const node = new Node(path, lastKey(path), parent, NEVER_CHANGED)
    parent?.children.set(node.key, node)
    this.#nodes.set(path, node)
    return node
  }

  #prune(from: Node | undefined): void {
    for (let node = from; node?.parent !== undefined && node.isIdle; node = node.parent) {
      node.parent.children.delete(node.key)
      this.#nodes.delete(node.path)
    }
  }
}

function slotOf(node: Node, code: string): Slot {
  const known = node.slots.get(code)
  if (known !== undefined) return known
  const slot: Slot = { tokens: new Set(), index: undefined }
  node.slots.set(code, slot)
  return slot
}

function rootArray(doc: Y.Doc, name: string): Y.Array<unknown> {
  try {
    return doc.getArray(name)
  } catch {
    throw new CrdtError(
      'wrong-type',
      `'${name}' is Rejoin's own array, and ${doc.share.get(name)?.constructor.name} in this document.`,
    )
  }
}

function rootOf(type: SharedType): SharedType {
  let root = type
  while (root._item !== null) root = root._item.parent as SharedType
  return root
}

/** Each of them, though one should throw; the first error goes on to whoever changed the document. */
function callAll(
  heard: ReadonlyMap<Listener, string[][]>,
  about: Pick<Change, 'local' | 'origin'>,
): void {
  const errors: unknown[] = []
  for (const [listener, paths] of heard) {
    try {
      listener({ ...about, paths })
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}
