/** `rejoin serve`: runs one replica until it is told to stop. */
import { checkTags } from '@rejoin/protocol'
import type { Replica } from '@rejoin/replica'

import { misused } from '../command-line/command-error.ts'
import type { Command } from '../command-line/command.ts'
import type { Given } from '../command-line/given.ts'
import { Rotation } from '../rotation.ts'
import { serveReplica, type ServeOptions, type Serving } from '../serving.ts'
import { listenForStop } from '../stop-request.ts'
import { WrongSecrets } from '../wrong-secrets.ts'
import { counted } from './counted.ts'
import { readTags } from './tags-option.ts'

/** For making durable what was accepted and closing everything; then the process ends with 1. */
const STOP_DEADLINE_MS = 10_000

export const serve: Command = {
  name: 'serve',
  summary: 'run a replica',
  usage: '--data DIR [--port N] [--peer URL]... [options]',
  description: `Runs one replica: clients, other replicas and HTTP on one port. It keeps its data in a
directory of its own and stops in good order on SIGTERM and Ctrl-C: what was accepted
is on disk then. A second signal ends it at once.

Anybody who reaches the port can read and write every document: there are no rights
yet. Listen on other addresses than 127.0.0.1 only in a network that you trust.

With --secret-file this replica is linked only with replicas that know one of its
secrets. That holds for the links between replicas, not for clients and HTTP, and
nothing is encrypted by it: for that, put a TLS proxy before each replica and name it
with wss: in --advertise and --peer. To change the secret, add the new one to the file
of every replica, then take the old one out of every file; kill -HUP, after each
change, makes a replica read its file again, and the links that are open stay. (There
is no option for a secret itself: everybody on the machine can read a command line.)

Clients connect by WebSocket: Rejoin's own, and y-websocket's with the document's name
as the path. GET /healthz, /status, /documents and /documents/NAME answer over HTTP;
/members/events and /messages/events tell what happens, as it does.`,
  operands: { min: 0, max: 0 },
  options: [
    {
      name: 'data',
      value: 'DIR',
      environment: 'REJOIN_DATA',
      help: 'Where to keep the data; made where there is none. One replica, one directory.',
    },
    {
      name: 'port',
      value: 'N',
      default: '7001',
      environment: 'REJOIN_PORT',
      help: 'The port to listen on; 0 takes any that is free.',
    },
    {
      name: 'host',
      value: 'HOST',
      default: '127.0.0.1',
      environment: 'REJOIN_HOST',
      help: 'The address to listen on; 0.0.0.0 is all of IPv4.',
    },
    {
      name: 'peer',
      value: 'URL',
      repeatable: true,
      environment: 'REJOIN_PEERS',
      help: 'Another replica, like ws://127.0.0.1:7002. One that is up leads to all.',
    },
    {
      name: 'tag',
      value: 'K=V',
      repeatable: true,
      environment: 'REJOIN_TAGS',
      help: 'What the others see of this replica, like region=eu; 16 at most, of 64 bytes each.',
    },
    {
      name: 'advertise',
      value: 'URL',
      environment: 'REJOIN_ADVERTISE',
      help: 'Where others reach this replica, if not at ws://HOST:PORT.',
    },
    {
      name: 'secret-file',
      value: 'FILE',
      environment: 'REJOIN_SECRET_FILE',
      help: 'What replicas must know to be linked: 1 to 4 secrets, one a line, of 16 bytes or more.',
    },
    {
      name: 'allow-origin',
      value: 'URL',
      repeatable: true,
      environment: 'REJOIN_ALLOW_ORIGINS',
      help: 'An origin whose web pages may connect, or *; those of this machine may anyway.',
    },
    {
      name: 'repair',
      environment: 'REJOIN_REPAIR',
      help: 'Open the data also where something durable is lost: take a new id, get the rest from others.',
    },
    {
      name: 'keep-history',
      value: 'PREFIX',
      repeatable: true,
      environment: 'REJOIN_KEEP_HISTORY',
      help: 'Keep deleted content in documents whose names begin so; the same at every replica.',
    },
    {
      name: 'demo',
      environment: 'REJOIN_DEMO',
      help: 'Let links be cut and mended over HTTP, and serve the page of --static.',
    },
    {
      name: 'static',
      value: 'DIR',
      environment: 'REJOIN_STATIC',
      help: 'The built page that --demo serves at /.',
    },
  ],
  examples: [
    { line: 'rejoin serve --data data/a', meaning: 'A replica that stands alone, at port 7001.' },
    {
      line: 'rejoin serve --data data/b --port 7002 --peer ws://127.0.0.1:7001',
      meaning: 'A second one, which keeps equal with the first.',
    },
    {
      line: 'rejoin serve --data data/c --tag region=eu --tag role=archive',
      meaning: 'With tags, which rejoin members shows.',
    },
    {
      line: '(umask 077; openssl rand -hex 32 > secret)',
      meaning: 'A secret, which only you can read; copy it to where the others run.',
    },
    {
      line: 'rejoin serve --data data/a --secret-file secret --peer ws://10.0.0.6:7001',
      meaning: 'A replica that is linked with nobody who does not have it.',
    },
    {
      line: 'REJOIN_DATA=/var/lib/rejoin REJOIN_HOST=10.0.0.5 rejoin serve',
      meaning: 'Settings from the environment, for services.',
    },
  ],
  run: async (given) => {
    const asked = readOptions(given)
    const rotation = rotationOf(given)
    const options = { ...asked, ...secretsOption(rotation) }
    const wrongSecrets = new WrongSecrets()
    // Listened for from the start, so that a replica that is slow to open can be stopped too.
    const stop = listenForStop()
    try {
      const serving = await serveReplica({ ...options, onWrongSecret: wrongSecrets.tell })
      rotation?.begin((secrets) => {
        serving.useSecrets(secrets)
        wrongSecrets.again()
      })
      process.stdout.write(readyLine(serving, options))
      tellProblems(serving.replica)
      tellWhenReadOnly(serving.replica)
      await Promise.race([stop.asked, serving.left.then(() => tellLeft(serving))])
      await close(serving)
    } finally {
      stop.forget()
      rotation?.forget()
    }
    return 0
  },
}

function readOptions(given: Given): ServeOptions {
  const data = given.text('data')
  if (data === undefined) throw misused('Say where to keep the data: --data DIR.')
  const tags = readTags(given)
  const checked = checkTags(tags)
  if (!checked.ok) throw misused(checked.rejection.reason)
  const advertise = given.text('advertise')
  const page = given.text('static')
  if (page !== undefined && !given.isOn('demo')) {
    throw misused('--static serves the page of the demo only; give --demo too, or neither.')
  }
  for (const name of ['peer', 'advertise']) {
    for (const url of given.list(name)) if (!isWebSocketUrl(url)) throw badUrl(given, name)
  }
  return {
    data,
    host: given.text('host') ?? '127.0.0.1',
    port: given.whole('port', 0, 65_535) ?? 7001,
    peers: given.list('peer'),
    tags,
    allowOrigins: given.list('allow-origin').map((origin) => readOrigin(given, origin)),
    demo: given.isOn('demo'),
    repair: given.isOn('repair'),
    keepHistory: given.list('keep-history'),
    ...(advertise === undefined ? {} : { advertise }),
    ...(page === undefined ? {} : { static: page }),
  }
}

function rotationOf(given: Given): Rotation | undefined {
  const file = given.text('secret-file')
  return file === undefined ? undefined : new Rotation(file)
}

function secretsOption(rotation: Rotation | undefined): Pick<ServeOptions, 'secrets'> {
  return rotation === undefined ? {} : { secrets: rotation.secrets }
}

/** As browsers spell it: lower case, and nothing after the host and port. */
function readOrigin(given: Given, text: string): string {
  if (text === '*') return text
  const origin = URL.canParse(text) ? new URL(text).origin : 'null'
  if (origin !== 'null') return origin
  throw given.bad('allow-origin', 'must be an origin like https://app.example, or *')
}

/** A WebSocket can't be opened to a URL with a fragment, not even with an empty one. */
function isWebSocketUrl(text: string): boolean {
  return URL.canParse(text) && /^wss?:$/.test(new URL(text).protocol) && !text.includes('#')
}

function badUrl(given: Given, name: string): Error {
  return given.bad(name, 'must be a WebSocket address like ws://127.0.0.1:7002')
}

function readyLine({ replica, url }: Serving, { data, peers, secrets }: ServeOptions): string {
  const { documents } = replica.status()
  const facts = [
    `data in ${data}`,
    counted(documents, 'document'),
    counted(peers.length, 'peer'),
    ...(secrets === undefined ? [] : [counted(secrets.length, 'secret')]),
  ]
  return `Replica ${replica.id} is ready on ${url} (${facts.join(', ')})\n`
}

/** Clients are told by their refused edits; this is for who looks after the replica. */
function tellWhenReadOnly(replica: Replica): void {
  let told: string | null = null
  replica.onStatus(() => {
    const { readOnly } = replica.status()
    if (readOnly === told) return
    told = readOnly
    const now = readOnly === null ? 'stores edits again.' : `is read-only now: ${readOnly}`
    process.stderr.write(`rejoin: Replica ${replica.id} ${now}\n`)
  })
}

function tellLeft({ replica }: Serving): void {
  process.stdout.write(`Replica ${replica.id} has left for good.\n`)
}

function tellProblems(replica: Replica): void {
  for (const { message } of replica.status().store.problems) {
    process.stderr.write(`rejoin: ${message}\n`)
  }
}

async function close(serving: Serving): Promise<void> {
  const deadline = setTimeout(() => {
    const seconds = STOP_DEADLINE_MS / 1_000
    process.stderr.write(`rejoin: Stopping took over ${seconds} s; ended without waiting longer.\n`)
    process.exit(1)
  }, STOP_DEADLINE_MS)
  try {
    await serving.close()
  } finally {
    clearTimeout(deadline)
  }
}
