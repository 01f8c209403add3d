import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * What a link does to those who dial through it: it passes all on; refuses and breaks; loses without a sign
 * all that goes there, or all that comes back (half-open); or is slow.
 */
export type Weather = 'clear' | 'parted' | 'loses-there' | 'loses-back' | 'slow'

/** What a chunk takes on a slow link, in ms, at most. */
const SLOW_MS = 300

interface Way {
  readonly from: Socket
  readonly to: Socket
  readonly weather: Weather
  /** Once something was lost, nothing may follow it. */
  isLost: boolean
}

/** A TCP proxy in this process, between one replica that dials and one that is dialled. */
export class FaultyLink {
  readonly #target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #delayMs = 0
  weather: Weather = 'clear'

  constructor(target: number) {
    this.#target = target
    this.#server = createServer((socket) => this.#accept(socket))
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as { port: number }).port
  }

  /** From now on. What is lost stays lost: a connection that missed something never recovers. */
  turn(weather: Weather): void {
    this.weather = weather
    if (weather === 'parted') this.#breakAll()
  }

  #breakAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  close(): void {
    this.#server.close()
    this.#breakAll()
  }

  /** From a little to much, and anew. */
  #nextDelayMs(): number {
    this.#delayMs = (this.#delayMs + 37) % SLOW_MS
    return this.#delayMs
  }

  #accept(dialler: Socket): void {
    if (this.weather === 'parted') {
      dialler.destroy()
      return
    }
    const target = connect(this.#target, '127.0.0.1')
    this.#pass({ from: dialler, to: target, weather: 'loses-there', isLost: false })
    this.#pass({ from: target, to: dialler, weather: 'loses-back', isLost: false })
  }

  #pass(way: Way): void {
    const { from, to } = way
    this.#sockets.add(from)
    from.on('data', (chunk) => {
      way.isLost ||= this.weather === way.weather
      if (way.isLost) return
      if (this.weather !== 'slow') return void to.write(chunk)
      from.pause()
      setTimeout(() => {
        to.write(chunk)
        from.resume()
      }, this.#nextDelayMs())
    })
    from.on('error', () => {})
    from.on('close', () => {
      this.#sockets.delete(from)
      // The end of a connection is lost like all else.
      if (!way.isLost && this.weather !== way.weather) to.destroy()
    })
  }
}
