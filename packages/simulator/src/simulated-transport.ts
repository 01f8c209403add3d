import type { Link, Transport } from '@rejoin/replica'

import type { SimulatedProcess } from './simulated-process.ts'

/** The transport port of one process, on the virtual network. */
export class SimulatedTransport implements Transport {
  readonly address: string
  readonly #process: SimulatedProcess
  #accept: (link: Link) => void = () => {}

  constructor(process: SimulatedProcess) {
    this.#process = process
    this.address = process.replica.address
  }

  listen(accept: (link: Link) => void): void {
    this.#accept = accept
  }

  /** Somebody has dialled. */
  accept(link: Link): void {
    this.#process.call(() => this.#accept(link))
  }

  dial(address: string, deadlineMs: number): Promise<Link> {
    return this.#process.world.network.dial(this.#process, address, deadlineMs)
  }

  async close(): Promise<void> {
    this.lose({ isSilent: false })
  }

  /** Every link ends; silently, if the machine itself is gone. */
  lose({ isSilent }: { isSilent: boolean }): void {
    const { replica, world } = this.#process
    for (const link of replica.links) world.network[isSilent ? 'vanish' : 'break'](link)
  }
}
