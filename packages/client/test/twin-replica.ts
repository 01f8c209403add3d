import type { AddressInfo } from 'node:net'

import {
  CLIENT_PROTOCOL,
  decodeClientMessage,
  decodePresence,
  encodePresence,
  encodeServerMessage,
  parseReplicaId,
  PRESENCE_GONE,
  type ClientMessage,
  type Edit,
  type Rejection,
  type ServerMessage,
} from '@rejoin/protocol'
import { WebSocketServer, type WebSocket } from 'ws'
import * as Y from 'yjs'

/**
 * The slow, obvious twin of a replica: one Y.Doc for each document, and the protocol spoken honestly
 * over real sockets. Its switches hold answers back, refuse edits and kill sockets.
 */
export class TwinReplica {
  readonly id = parseReplicaId('00000000000000aa')!
  /** Everything that came in, in order. */
  readonly received: ClientMessage[] = []
  readonly closeCodes: number[] = []
  holdAcks = false
  holdOpened = false
  refuse: (edit: Edit) => Rejection | undefined = () => undefined
  readonly #docs = new Map<string, Y.Doc>()
  readonly #sessions = new Set<Session>()
  readonly #server: WebSocketServer
  #held: (() => void)[] = []
  #seq = 0

  private constructor(server: WebSocketServer) {
    this.#server = server
    server.on('connection', (socket) => this.#accept(socket))
  }

  static async listen(port = 0): Promise<TwinReplica> {
    const handleProtocols = (offered: Set<string>): string | false =>
      offered.has(CLIENT_PROTOCOL) ? CLIENT_PROTOCOL : false
    const server = new WebSocketServer({ host: '127.0.0.1', port, handleProtocols })
    await new Promise((resolve) => server.once('listening', resolve))
    return new TwinReplica(server)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  get sockets(): number {
    return this.#sessions.size
  }

  doc(name: string): Y.Doc {
    const doc = this.#docs.get(name) ?? new Y.Doc()
    this.#docs.set(name, doc)
    return doc
  }

  edits(): Edit[] {
    return this.received.filter((message) => message.type === 'edit')
  }

  /** Sends what was held back. */
  release(): void {
    const held = this.#held
    this.#held = []
    for (const answer of held) answer()
  }

  /** Ends the oldest sockets without a word, as a cut cable does; answers held back are lost. */
  kill(count: number = this.#sessions.size): void {
    this.#held = []
    for (const { socket } of [...this.#sessions].slice(0, count)) socket.terminate()
  }

  /** Says to every client whatever it is told. */
  say(frame: Uint8Array | string | ServerMessage): void {
    const isRaw = typeof frame === 'string' || frame instanceof Uint8Array
    for (const { socket } of this.#sessions) socket.send(isRaw ? frame : encodeServerMessage(frame))
  }

  closeSockets(closeCode: number, reason: string): void {
    for (const { socket } of this.#sessions) socket.close(closeCode, reason)
  }

  async close(): Promise<void> {
    this.kill()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(socket: WebSocket): void {
    const session: Session = { socket, documents: new Map() }
    this.#sessions.add(session)
    tell(session, { type: 'welcome', replica: this.id })
    socket.on('message', (frame: Buffer) => {
      const decoded = decodeClientMessage(new Uint8Array(frame))
      if (!decoded.ok) throw new Error(`A client sent nonsense: ${decoded.rejection.reason}`)
      this.received.push(decoded.value)
      this.#handle(session, decoded.value)
    })
    socket.on('close', (closeCode) => {
      this.closeCodes.push(closeCode)
      this.#sessions.delete(session)
      for (const document of session.documents.keys()) this.#gone(session, document)
    })
  }

  #handle(session: Session, message: ClientMessage): void {
    const { document } = message
    if (message.type === 'open') return this.#open(session, document, message.stateVector)
    if (message.type === 'edit') return this.#edit(session, message)
    if (message.type === 'presence') return this.#presence(session, document, message.update)
    this.#gone(session, document)
    session.documents.delete(document)
  }

  #open(session: Session, document: string, held: Uint8Array): void {
    this.#answer(this.holdOpened, () => {
      const doc = this.doc(document)
      const update = Y.encodeStateAsUpdate(doc, held)
      session.documents.set(document, new Map())
      tell(session, { type: 'opened', document, stateVector: Y.encodeStateVector(doc), update })
      const states = [...this.#others(session, document)].flatMap(([, clients]) => [...clients])
      const present = states.map(([client, { clock, state }]) => ({ client, clock, state }))
      if (present.length > 0)
        tell(session, { type: 'presence', document, update: encodePresence(present) })
    })
  }

  #edit(session: Session, edit: Edit): void {
    const { document, ref, update } = edit
    const rejection = this.refuse(edit)
    if (rejection !== undefined)
      return tell(session, { type: 'refused', document, ref, ...rejection })
    const doc = this.doc(document)
    Y.applyUpdate(doc, update)
    if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
      tell(session, { type: 'ask', document, stateVector: Y.encodeStateVector(doc) })
    }
    for (const each of this.#sessions) {
      if (each.documents.has(document)) tell(each, { type: 'update', document, update })
    }
    const seq = ++this.#seq
    this.#answer(this.holdAcks, () =>
      tell(session, { type: 'ack', document, ref, replica: this.id, seq }),
    )
  }

  #presence(session: Session, document: string, update: Uint8Array): void {
    const decoded = decodePresence(update)
    if (!decoded.ok) throw new Error(decoded.rejection.reason)
    for (const { client, clock, state } of decoded.value) {
      session.documents.get(document)?.set(client, { clock, state })
    }
    for (const [other] of this.#others(session, document)) {
      tell(other, { type: 'presence', document, update })
    }
  }

  /** A session's end is told to those who stay, for each client that it spoke for. */
  #gone(session: Session, document: string): void {
    const clients = [...(session.documents.get(document) ?? [])]
    const here = clients.filter(([, { state }]) => state !== PRESENCE_GONE)
    if (here.length === 0) return
    const update = encodePresence(
      here.map(([client, { clock }]) => ({ client, clock: clock + 1, state: PRESENCE_GONE })),
    )
    for (const [other] of this.#others(session, document)) {
      tell(other, { type: 'presence', document, update })
    }
  }

  *#others(session: Session, document: string): Generator<[Session, Clients]> {
    for (const other of this.#sessions) {
      const clients = other.documents.get(document)
      if (other !== session && clients !== undefined) yield [other, clients]
    }
  }

  #answer(isHeld: boolean, answer: () => void): void {
    if (isHeld) this.#held.push(answer)
    else answer()
  }
}

type Clients = Map<number, { clock: number; state: string }>

interface Session {
  readonly socket: WebSocket
  readonly documents: Map<string, Clients>
}

function tell({ socket }: Session, message: ServerMessage): void {
  socket.send(encodeServerMessage(message))
}
