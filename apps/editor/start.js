/**
 * `npm start`: three replicas, each a process of its own with a directory of its own, and the page
 * that shows them side by side. It starts nothing that it does not stop: when it is told to end, or
 * when a replica ends by itself, it stops the others in good order and waits for them.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { failure, httpServer, json, staticFiles } from '@rejoin/server'

const HOST = '127.0.0.1'
const READY_DEADLINE_MS = 30_000
const LOOK_EVERY_MS = 100

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = fileURLToPath(new URL('dist', import.meta.url))
const rejoin = fileURLToPath(new URL('../bin/rejoin.js', import.meta.resolve('@rejoin/server')))

/** Where the replicas keep their directories. */
const kept = process.env.REJOIN_DEMO_DATA ?? join(root, '.rejoin')
const basePort = Number(process.env.REJOIN_DEMO_PORT ?? 7000)
const replicas = ['A', 'B', 'C'].map((letter, at) => {
  const address = `${HOST}:${basePort + 1 + at}`
  return { letter, port: basePort + 1 + at, url: `http://${address}`, peer: `ws://${address}` }
})

/** Ends the launcher with one line. */
class LaunchError extends Error {}

const stopping = new AbortController()
const running = []

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stopping.abort())

try {
  await launch()
} catch (error) {
  if (!stopping.signal.aborted || error instanceof LaunchError) {
    console.error(error instanceof LaunchError ? error.message : error)
    process.exitCode = 1
  }
} finally {
  // Ends what still waits for the replicas, too.
  stopping.abort()
  await Promise.all(running.map(stop))
}

async function launch() {
  checkSettings()
  const server = httpServer(await handler())
  for (const { port } of replicas) await checkFree(port)
  await checkFree(basePort)
  for (const replica of replicas) running.push(start(replica))
  const ended = Promise.race(running.map(whenEnded))
  await Promise.race([Promise.all(replicas.map(whenLinked)), ended])
  server.listen(basePort, HOST)
  await once(server, 'listening')
  console.log(greeting())
  try {
    await Promise.race([once(stopping.signal, 'abort'), ended])
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

function checkSettings() {
  if (!Number.isInteger(basePort) || basePort < 1 || basePort > 65_532) {
    throw new LaunchError('REJOIN_DEMO_PORT must be a port from 1 to 65532; the next three follow.')
  }
  if (!existsSync(join(page, 'index.html'))) {
    throw new LaunchError('The demo is not built yet; run npm start, which builds it first.')
  }
}

/** Rejects where the port is taken, before anything is started. */
async function checkFree(port) {
  const probe = createServer()
  try {
    await once(probe.listen(port, HOST), 'listening')
  } catch (cause) {
    const message =
      `Port ${port} can't be used (${cause.code}): stop what uses it, or choose four others ` +
      `with REJOIN_DEMO_PORT=${basePort + 100} npm start.`
    throw new LaunchError(message, { cause })
  }
  probe.close()
  await once(probe, 'close')
}

function start({ letter, port, peer }) {
  const peers = replicas
    .filter((other) => other.peer !== peer)
    .flatMap(({ peer: url }) => ['--peer', url])
  const data = join(kept, letter.toLowerCase())
  const args = ['serve', '--demo', '--port', String(port), '--data', data, '--static', page]
  // Over the IPC channel a replica sees this launcher end, whatever ends it.
  const child = spawn(process.execPath, [rejoin, ...args, ...peers], {
    env: environment(),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const replica = { letter, child, lastWords: '' }
  child.stderr.setEncoding('utf8').on('data', (text) => {
    replica.lastWords = text.trim().split('\n').at(-1) || replica.lastWords
  })
  return replica
}

/** Without the settings of a replica that is somebody's service, such as an address for everybody. */
function environment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('REJOIN_')),
  )
}

/** Rejects when a replica ends that was not told to. */
async function whenEnded(replica) {
  const [exitCode, signal] = await once(replica.child, 'exit')
  if (stopping.signal.aborted) return
  const how = signal === null ? `exit code ${exitCode}` : `killed by ${signal}`
  throw new LaunchError(
    `Replica ${replica.letter} ended (${how}): ${replica.lastWords || 'no word'}`,
  )
}

async function stop({ child }) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** Resolves once a replica answers and has a link to each of the others. */
async function whenLinked({ letter, url }) {
  const deadline = performance.now() + READY_DEADLINE_MS
  while (!(await isLinked(url))) {
    stopping.signal.throwIfAborted()
    if (performance.now() > deadline) {
      throw new LaunchError(`Replica ${letter} found no links in ${READY_DEADLINE_MS / 1_000} s.`)
    }
    await sleep(LOOK_EVERY_MS)
  }
}

async function isLinked(url) {
  try {
    const response = await fetch(`${url}/status`, { signal: stopping.signal })
    const { members } = await response.json()
    return members.filter(({ state }) => state === 'linked').length >= replicas.length - 1
  } catch {
    return false
  }
}

async function handler() {
  const files = await staticFiles(page)
  const traces = findTraces()
  const demo = { replicas: replicas.map(({ url }) => url), traces: [...traces.keys()] }
  return async ({ method, path }) => {
    if (method !== 'GET' && method !== 'HEAD') return failure(405, 'method', 'Only GET is here.')
    if (path === '/demo.json') return json(200, demo)
    const trace = traces.get(path.match(/^\/traces\/(.+)\.json$/)?.[1])
    if (trace !== undefined) return recording(trace)
    return (await files(path)) ?? failure(404, 'not-found', `There is nothing at ${path}.`)
  }
}

/** Recordings at hand, by name: where REJOIN_TRACES says, or beside the repository. */
function findTraces() {
  const directory = process.env.REJOIN_TRACES ?? join(root, '..', 'shared', 'traces')
  const files = existsSync(directory) ? filesIn(directory) : []
  return new Map(
    files
      .filter((file) => /\.json(\.gz)?$/.test(file))
      .map((file) => [file.replace(/\.json(\.gz)?$/, ''), join(directory, file)]),
  )
}

function filesIn(directory) {
  try {
    return readdirSync(directory)
  } catch (cause) {
    const message = `${directory} can't be read (${cause.code}): set REJOIN_TRACES to a directory.`
    throw new LaunchError(message, { cause })
  }
}

async function recording(file) {
  const encoding = file.endsWith('.gz') ? { 'content-encoding': 'gzip' } : {}
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache', ...encoding }
  return { status: 200, headers, body: await readFile(file) }
}

function greeting() {
  const pages = replicas.map(({ letter, url }) => `  ${url}   replica ${letter} alone`)
  return [
    '',
    'One document on three replicas, and you hold the cables:',
    '',
    `  http://${HOST}:${basePort}   all three side by side; begin here`,
    ...pages,
    '',
    'Type in one pane and watch the others follow. Then unplug a replica, type on both sides,',
    'see how far they drift apart, and plug it in again: they rejoin, and nothing is lost.',
    '',
    `What you type is kept in ${relative(process.cwd(), kept)}. Ctrl-C stops everything.`,
    '',
  ].join('\n')
}
