import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { ReplicaStatus } from '@rejoin/replica'
import { onTestFinished } from 'vitest'
import * as Y from 'yjs'

import { until } from './until.ts'

const MAIN = new URL('../../packages/server/bin/rejoin.js', import.meta.url).pathname

export interface ReplicaProcessOptions {
  /** Ports of its peers. */
  readonly peers?: readonly number[]
  /** More options of `rejoin serve`. */
  readonly args?: readonly string[]
  /** What to start it with, given its directory; it must become the process, not start one. */
  readonly under?: (directory: string) => readonly string[]
}

/** A replica as a process of its own, with a directory and a port that it keeps when it restarts. */
export class ReplicaProcess {
  readonly port: number
  readonly directory: string
  readonly #peers: readonly number[]
  readonly #args: readonly string[]
  readonly #under: readonly string[]
  #child: ChildProcess | undefined
  #output = ''

  constructor(port: number, options: ReplicaProcessOptions = {}) {
    const { peers = [], args = [], under = () => [] } = options
    this.port = port
    this.#peers = peers
    this.#args = args
    this.directory = mkdtempSync(join(tmpdir(), 'rejoin-'))
    this.#under = under(this.directory)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get socketUrl(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null
  }

  async start(): Promise<void> {
    const peers = this.#peers.flatMap((port) => ['--peer', `ws://127.0.0.1:${port}`])
    const args = [
      'serve',
      '--port',
      `${this.port}`,
      '--data',
      this.directory,
      ...peers,
      ...this.#args,
    ]
    const [command = '', ...rest] = [...this.#under, process.execPath, MAIN, ...args]
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.#output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    }
    await until(
      () => this.#output.includes('is ready on') || child.exitCode !== null,
      'it is ready',
    )
    if (child.exitCode !== null) throw new Error(`The replica did not start: ${this.#output}`)
  }

  /** Ends the process and waits until it is gone; its directory stays. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
    return child.exitCode
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }

  async status(): Promise<ReplicaStatus> {
    const response = await fetch(`${this.url}/status`)
    return (await response.json()) as ReplicaStatus
  }

  /** A document as the replica serves it; empty where there is none. */
  async document(name: string): Promise<Y.Doc> {
    const doc = new Y.Doc()
    const headers = { accept: 'application/octet-stream' }
    const response = await fetch(`${this.url}/documents/${encodeURIComponent(name)}`, { headers })
    if (response.ok) Y.applyUpdate(doc, new Uint8Array(await response.arrayBuffer()))
    return doc
  }

  /** Cuts the link to another replica, or mends it. */
  async link(method: 'PUT' | 'DELETE', peer: string): Promise<void> {
    const response = await fetch(`${this.url}/links/${peer}`, { method })
    if (!response.ok) throw new Error(await response.text())
  }
}

/** Three replicas that know each other, linked; they end with the test. */
export async function threeReplicas(
  args: readonly string[] = ['--demo'],
): Promise<ReplicaProcess[]> {
  const ports = await freePorts(3)
  const replicas = ports.map((port) => {
    const peers = ports.filter((other) => other !== port)
    return new ReplicaProcess(port, { peers, args })
  })
  onTestFinished(async () => {
    await Promise.all(replicas.map((replica) => replica.end('SIGKILL')))
    for (const replica of replicas) replica.remove()
  })
  await Promise.all(replicas.map((replica) => replica.start()))
  await whenLinked(replicas)
  return replicas
}

export async function whenLinked(replicas: readonly ReplicaProcess[]): Promise<void> {
  await until(async () => {
    const statuses = await Promise.all(replicas.map((replica) => replica.status()))
    return statuses.every(({ members }) => {
      const linked = members.filter(({ state }) => state === 'linked')
      return linked.length === replicas.length - 1 && members.length === linked.length
    })
  }, 'all replicas are linked')
}

/** Waits until nothing that anybody has is lacking anywhere, as every replica sees it. */
export async function whenConverged(
  replicas: readonly ReplicaProcess[],
  deadlineMs?: number,
): Promise<void> {
  await until(
    async () => {
      const statuses = await Promise.all(replicas.map((replica) => replica.status()))
      const versions = new Set(statuses.map(({ version }) => JSON.stringify(version)))
      return versions.size === 1 && statuses.every(({ divergence }) => divergence === 0)
    },
    'all replicas hold the same',
    deadlineMs,
  )
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
