import { connect, type Client, type OpenDocument } from '@rejoin/client'
import type { Chance } from '@rejoin/gossip'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

/** What clients write together, page after page; each page is a document. */
const TITLES: readonly string[] = ['notes', 'plans']
/**
 * What somebody adds to a page before they turn it. Pages of one size keep a replica at one size, whatever
 * the hour: what it gains beyond that is a leak.
 */
const PAGE_TOKENS = 200

/** A document, and what somebody was told is durable of what they added to it. */
export interface Page {
  readonly document: string
  readonly acked: ReadonlySet<string>
}

/** The page that somebody is at: as they see it, and what they have added. */
interface OpenPage extends Page {
  readonly doc: Y.Doc
  readonly made: Set<string>
  readonly acked: Set<string>
}

function blank(document: string): OpenPage {
  return { document, doc: new Y.Doc(), made: new Set(), acked: new Set() }
}

/**
 * Somebody who types into one document after the other, moves from replica to replica, and remembers what
 * they were told is durable.
 */
export class NetworkClient {
  /** All that they wrote on; the last is open. */
  readonly pages: Page[] = []
  readonly #name: string
  readonly #title: string
  readonly #chance: Chance
  #page = blank('')
  #client: Client | undefined
  #isDone = false
  #typing: Promise<void> | undefined

  constructor(number: number, chance: Chance) {
    this.#name = `client${number}`
    this.#title = TITLES[number % TITLES.length] ?? ''
    this.#chance = chance
    this.#turnPage()
  }

  /** The open page, as they see it. */
  get doc(): Y.Doc {
    return this.#page.doc
  }

  /** Leaves the replica where it was, and goes to another. */
  moveTo(socketUrl: string): void {
    this.#client?.close()
    this.#client = connect(socketUrl, { WebSocket, backoffMsMax: 500 })
    this.#open()
  }

  start(): void {
    this.#typing = this.#type()
  }

  async #type(): Promise<void> {
    while (!this.#isDone) {
      const isFull = this.#page.made.size >= PAGE_TOKENS
      if (!isFull) this.#edit()
      // Most are not waited for; those that come to nothing are told again where the client goes next.
      const isDurable = (isFull || this.#chance.next() < 0.5) && (await this.#settle(2_000))
      if (isFull && isDurable && !this.#isDone) this.#turnPage()
      await new Promise((resolve) => setTimeout(resolve, this.#chance.next() * 60))
    }
  }

  #turnPage(): void {
    this.#open()?.leave()
    this.#page = blank(`${this.#title}-${this.pages.length}`)
    // The document itself would be kept with it.
    this.pages.push({ document: this.#page.document, acked: this.#page.acked })
    this.#open()
  }

  /** Opens the page, or answers with it where it is open. */
  #open(): OpenDocument | undefined {
    const { document, doc } = this.#page
    return this.#client?.open(document, { doc })
  }

  #edit(): void {
    const { doc, made } = this.#page
    const text = doc.getText('content')
    const at = Math.floor(this.#chance.next() * (text.length + 1))
    if (text.length > 200 && this.#chance.next() < 0.6) return text.delete(0, 10)
    const token = `${this.#name}-${made.size}`
    made.add(token)
    doc.transact(() => {
      doc.getMap('tokens').set(token, true)
      text.insert(at, token)
    })
  }

  async #settle(timeoutMs: number): Promise<boolean> {
    const open = this.#open()
    if (open === undefined) return false
    const { made, acked } = this.#page
    const sent = [...made].filter((token) => !acked.has(token))
    try {
      await open.settled('durable', { timeoutMs })
    } catch {
      return false
    }
    for (const token of sent) acked.add(token)
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
