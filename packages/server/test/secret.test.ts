import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { connect } from '@rejoin/client'
import type { MemberStatus, ReplicaStatus } from '@rejoin/replica'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

import { rejoin, serve, temporaryDirectory, type Run, type ServedReplica } from './processes.ts'
import { until } from './site.ts'

const OLD = 'the old secret of the cluster'
const NEW = 'the new secret of the cluster'

/** A file of secrets in a directory that goes with the test. */
class Secrets {
  readonly path = join(temporaryDirectory(), 'secret')

  constructor(...secrets: readonly string[]) {
    this.write(...secrets)
  }

  /** In one step, so that nobody reads half of it. */
  write(...secrets: readonly string[]): void {
    const fresh = `${this.path}.new`
    writeFileSync(fresh, `# of the test\n\n${secrets.join('\n')}\n`, { mode: 0o600 })
    renameSync(fresh, this.path)
  }
}

async function replica(
  secrets: Secrets | undefined,
  { peer, args = [] }: { peer?: ServedReplica; args?: readonly string[] } = {},
): Promise<ServedReplica> {
  return serve([
    '--data',
    temporaryDirectory(),
    ...(secrets === undefined ? [] : ['--secret-file', secrets.path]),
    ...(peer === undefined ? [] : ['--peer', socketUrl(peer)]),
    ...args,
  ])
}

function socketUrl({ url }: ServedReplica): string {
  return url.replace('http', 'ws')
}

async function statusOf({ url }: ServedReplica): Promise<ReplicaStatus> {
  return (await (await fetch(`${url}/status`)).json()) as ReplicaStatus
}

async function stateAt(at: ServedReplica, of: ServedReplica): Promise<string | undefined> {
  const { members } = await statusOf(at)
  return members.find(({ replica: id }) => id === of.id)?.state
}

async function linked(a: ServedReplica, b: ServedReplica): Promise<void> {
  await until(async () => {
    const states = [await stateAt(a, b), await stateAt(b, a)]
    return states.every((state) => state === 'linked')
  })
}

/** Cuts the link and mends it, so that there is a new one. */
async function relink(a: ServedReplica, b: ServedReplica): Promise<void> {
  const link = `${a.url}/links/${b.id}`
  await fetch(link, { method: 'DELETE' })
  await until(async () => (await stateAt(b, a)) === 'unreachable')
  await fetch(link, { method: 'PUT' })
  await linked(a, b)
}

function count(run: Run, text: string): number {
  return run.stderr.split(text).length - 1
}

/** Has the file read again, and waits for what is said of it. */
async function hangUp(run: ServedReplica, said = 'was read again'): Promise<void> {
  const before = count(run, said)
  run.kill('SIGHUP')
  await until(() => count(run, said) > before)
}

async function refusals(at: ServedReplica): Promise<number> {
  return (await statusOf(at)).rejections['wrong-secret'] ?? 0
}

/** `stranger`, which was given `target` as its peer, is not let in, and says so. */
async function checkOutside(stranger: ServedReplica, target: ServedReplica): Promise<void> {
  await until(() => stranger.stderr.includes(`There is no link to ${socketUrl(target)}`))
  const status = await statusOf(stranger)
  const unmet: MemberStatus = {
    replica: null,
    address: socketUrl(target),
    state: 'unreachable',
    health: null,
    incarnation: 0,
    tags: {},
    roundTripMs: null,
    traffic: null,
    version: {},
  }
  expect(status).toMatchObject({ documents: 0, version: {}, union: {}, members: [unmet] })
  expect((await statusOf(target)).members.map(({ replica: id }) => id)).not.toContain(stranger.id)
}

describe('replicas with a secret', () => {
  it('[X2] rejoin when they have the same, and let in nobody with another or without', async () => {
    const secrets = new Secrets(OLD)
    const a = await replica(secrets)
    const client = connect(socketUrl(a), { WebSocket })
    onTestFinished(() => client.close())
    const notes = client.open('notes')
    notes.doc.getText('content').insert(0, 'only among us')
    await notes.settled('durable')

    const other = await replica(new Secrets(NEW), { peer: a })
    const without = await replica(undefined, { peer: a })
    const b = await replica(secrets, { peer: a })
    await linked(a, b)
    await until(async () => (await statusOf(b)).documents === 1)
    const response = await fetch(`${b.url}/documents/notes`)
    const doc = new Y.Doc()
    Y.applyUpdate(doc, new Uint8Array(await response.arrayBuffer()))
    expect(doc.getText('content').toJSON()).toBe('only among us')

    await checkOutside(other, a)
    await checkOutside(without, a)
    const before = await refusals(a)
    expect(before).toBeGreaterThanOrEqual(2)
    // They dial again and again, and tell of it once.
    await until(async () => (await refusals(a)) >= before + 4)
    expect([count(other, 'no link'), count(without, 'no link')]).toEqual([1, 1])
    await checkOutside(other, a)
    expect(a.stdout).toContain('1 secret)')
    for (const { stdout, stderr } of [a, b, other]) expect(stdout + stderr).not.toContain('cluster')
  })

  it('go over to a new one, one after the other, and are linked all the time', async () => {
    const [ofA, ofB] = [new Secrets(OLD), new Secrets(OLD)]
    const a = await replica(ofA, { args: ['--demo'] })
    const b = await replica(ofB, { peer: a, args: ['--demo'] })
    await linked(a, b)
    for (const step of [[OLD, NEW], [NEW, OLD], [NEW]]) {
      for (const [run, secrets] of [
        [b, ofB],
        [a, ofA],
      ] as const) {
        secrets.write(...step)
        await hangUp(run)
        expect([await stateAt(a, b), await stateAt(b, a)]).toEqual(['linked', 'linked'])
        await relink(a, b)
      }
    }
    expect([await refusals(a), await refusals(b)]).toEqual([0, 0])
    await checkOutside(await replica(new Secrets(OLD), { peer: a }), a)
  })

  it('keep what they have when the file is spoilt, and say why', async () => {
    const secrets = new Secrets(OLD)
    const a = await replica(secrets)
    secrets.write(OLD, 'too short')
    await hangUp(a, 'The secrets stay as they are: Line 4 of ')
    expect(a.stderr).not.toContain('too short')
    const b = await replica(new Secrets(OLD), { peer: a })
    await linked(a, b)
    secrets.write(NEW)
    await hangUp(a)
    await checkOutside(await replica(new Secrets(OLD), { peer: a }), a)
  })

  it('start with one line about a file that will not do, and the secret is not in it', async () => {
    const secrets = new Secrets('hunter2')
    const run = rejoin(['serve', '--data', temporaryDirectory()], {
      env: { REJOIN_SECRET_FILE: secrets.path },
    })
    expect(await run.ended).toBe(1)
    expect(run.stderr).toMatch(
      /^rejoin: Line 3 of [^\n]+ has 7 bytes; a secret has 16 to 1024[^\n]+\n$/,
    )
    expect(run.stdout + run.stderr).not.toContain('hunter2')
  })
})
