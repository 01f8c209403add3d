import { connect, type Client } from '@rejoin/client'
import type { Chance } from '@rejoin/gossip'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

/** Documents that clients share. */
export const DOCUMENTS: readonly string[] = ['notes', 'plans']

/**
 * Somebody who types into one document, moves from replica to replica, and remembers what they were told is
 * durable.
 */
export class NetworkClient {
  readonly doc = new Y.Doc()
  readonly document: string
  readonly acked = new Set<string>()
  readonly made = new Set<string>()
  readonly #name: string
  readonly #chance: Chance
  #client: Client | undefined
  #isDone = false
  #typing: Promise<void> | undefined

  constructor(number: number, chance: Chance) {
    this.#name = `client${number}`
    this.#chance = chance
    this.document = DOCUMENTS[number % DOCUMENTS.length] ?? ''
  }

  /** Leaves the replica where it was, and goes to another. */
  moveTo(socketUrl: string): void {
    this.#client?.close()
    const client = connect(socketUrl, { WebSocket, backoffMsMax: 500 })
    this.#client = client
    client.open(this.document, { doc: this.doc })
  }

  start(): void {
    this.#typing = this.#type()
  }

  async #type(): Promise<void> {
    while (!this.#isDone) {
      this.#edit()
      // Most are not waited for; those that come to nothing are told again where the client goes next.
      if (this.#chance.next() < 0.5) await this.#settle(2_000)
      await new Promise((resolve) => setTimeout(resolve, this.#chance.next() * 60))
    }
  }

  #edit(): void {
    const text = this.doc.getText('content')
    const at = Math.floor(this.#chance.next() * (text.length + 1))
    if (text.length > 200 && this.#chance.next() < 0.6) return text.delete(0, 10)
    const token = `${this.#name}-${this.made.size}`
    this.made.add(token)
    this.doc.transact(() => {
      this.doc.getMap('tokens').set(token, true)
      text.insert(at, token)
    })
  }

  async #settle(timeoutMs: number): Promise<boolean> {
    const sent = [...this.made].filter((token) => !this.acked.has(token))
    try {
      await this.#client?.open(this.document, { doc: this.doc }).settled('durable', { timeoutMs })
    } catch {
      return false
    }
    for (const token of sent) this.acked.add(token)
    return true
  }

  /** Types no more; answers whether all of it is durable in the end. */
  async finish(timeoutMs: number): Promise<boolean> {
    this.#isDone = true
    await this.#typing
    return await this.#settle(timeoutMs)
  }

  close(): void {
    this.#client?.close()
  }
}
