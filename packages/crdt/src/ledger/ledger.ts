import * as Y from 'yjs'

import { CrdtError } from '../error.ts'
import { showsPresence, TOUCH } from './codes.ts'
import { News } from './news.ts'
import { Node, type Listener, type Slot } from './node.ts'
import { lastKey, parentPath, type Path } from './path.ts'
import { deleteValue, Shelf } from './shelf.ts'
import { ResetNotes } from './reset-notes.ts'
import { Roots } from './roots.ts'
import { readToken, type Token } from './token.ts'

/** The root arrays of the document that hold the tokens. */
const UNDOABLE = 'rejoin'
/** For what can't be taken back: it lies where no undo manager looks. */
const LASTING = 'rejoin:lasting'

const NEVER_CHANGED = -1
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
  readonly #isKnown = (path: string): boolean => this.#nodes.has(path)
  readonly #roots = new Roots()
  readonly #news = new News()
  /** Notes that removals left about sums of this copy: see `ResetNotes`. */
  readonly #notes = new ResetNotes()
  /** The one that is being followed; while it is not, changes are made by the one that is under way. */
  #transaction: Y.Transaction | undefined
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
    for (const [path, { _length }] of this.#roots.all(doc)) this.#noteText(path, _length > 0)
    doc.on('beforeObserverCalls', (transaction) => this.#follow(transaction))
    doc.on('afterTransaction', (transaction) => this.#end(transaction))
    doc.on('afterAllTransactions', () => this.#news.throwError())
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
    this.#catchUp()
    return this.#nodes.get(path)
  }

  versionOf(path: Path): number {
    return this.find(path)?.version ?? NEVER_CHANGED
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
    const token = readToken([shelf.client, clock], value, this.#isKnown)
    if (token === undefined) throw new Error('A token was put that can not be read.')
    this.#take(token)
    return token
  }

  /** What came or went by other hands: first all that came, so that a value replaced never flickers. */
  #follow(transaction: Y.Transaction): void {
    this.#transaction = transaction
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
    this.#transaction = undefined
  }

  /** What is typed in a transaction is read in it, though Yjs tells of it only at its end. */
  #catchUp(): void {
    const transaction = this.doc._transaction
    if (transaction === null) return
    const { undoable, lasting } = this.#shelves
    for (const type of transaction.changed.keys()) {
      if (type !== undoable.array && type !== lasting.array) return this.#followRoots(transaction)
    }
  }

  #end(transaction: Y.Transaction): void {
    this.#news.tell(transaction, this.#nodes)
    if (!transaction.local) return
    const spent = this.#notes.takeSpent(this.#nodes)
    // In a transaction of its own, so that undoing what was just done does not bring them back.
    if (spent.length > 0)
      this.doc.transact((own) => spent.forEach((note) => this.drop(own, note)), this)
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
      const token = readToken([client, clock + offset], value, this.#isKnown)
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
    const isNews = slot.index?.add(token) ?? token.code !== TOUCH
    this.#account(node, showsPresence(token.code) ? 1 : 0, isNews)
  }

  #forget(token: Token): boolean {
    const ofClient = this.#tokens.get(token.client)
    if (ofClient?.delete(token.clock) !== true) return false
    if (ofClient.size === 0) this.#tokens.delete(token.client)
    const node = this.#node(token.path)
    const slot = slotOf(node, token.code)
    slot.tokens.delete(token)
    const isNews = slot.index?.remove(token) ?? token.code !== TOUCH
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
      if ((was === 0) !== (at.present === 0)) {
        changes = true
        if (at.parent !== undefined) at.parent.keysVersion = this.#tick
      }
    }
    const transaction = this.#transaction ?? this.doc._transaction
    if (changes && transaction !== null) this.#news.add(transaction, node.path)
  }

  /** All shelves take other names when one has met its own, since what lies in one names the other. */
  #keepApart({ beforeState, afterState }: Y.Transaction): void {
    const shelves = Object.values(this.#shelves)
    const isMet = shelves.some(({ client }) => beforeState.get(client) !== afterState.get(client))
    if (isMet) for (const shelf of shelves) shelf.moveOn()
  }

  #followRoots(transaction: Y.Transaction): void {
    for (const [path, { _length }] of this.#roots.changed(transaction)) {
      this.#noteText(path, _length > 0)
    }
  }

  #noteText(path: Path, hasText: boolean): void {
    const node = this.#node(path)
    const present = Number(hasText) - Number(node.hasText)
    node.hasText = hasText
    this.#account(node, present, true)
    this.#prune(node)
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
