import type { MemberStatus, ReplicaStatus } from '@rejoin/replica'
import { connect } from '@rejoin/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

import { rejoin, serve, temporaryDirectory, type Run, type ServedReplica } from './processes.ts'
import { until } from './site.ts'

/** A suspicion lasts for 4 to 24 s. */
const FAILURE_MS = 60_000

async function membersAt({ url }: ServedReplica, ...args: string[]): Promise<MemberStatus[]> {
  const run = rejoin(['members', '--url', url, '--json', ...args])
  expect(await run.ended).toBe(0)
  return JSON.parse(run.stdout) as MemberStatus[]
}

async function statusAt({ url }: ServedReplica): Promise<ReplicaStatus> {
  return (await (await fetch(`${url}/status`)).json()) as ReplicaStatus
}

async function memberAt(at: ServedReplica, id: string): Promise<MemberStatus | undefined> {
  return (await statusAt(at)).members.find(({ replica }) => replica === id)
}

/** Three replicas that know each other's round trips. */
async function three(): Promise<[ServedReplica, ServedReplica, ServedReplica]> {
  const a = await serve(['--data', temporaryDirectory(), '--tag', 'region=eu'])
  const peer = ['--peer', a.url.replace('http', 'ws')]
  const env = { REJOIN_TAGS: 'region=us,role=archive' }
  const b = await serve(['--data', temporaryDirectory(), ...peer], { env })
  const c = await serve(['--data', temporaryDirectory(), ...peer])
  await until(async () => {
    const all = (await Promise.all([a, b, c].map(statusAt))).map(({ members }) => members)
    return all.every((members) => {
      return members.length === 2 && members.every(({ roundTripMs }) => roundTripMs !== null)
    })
  })
  return [a, b, c]
}

function lines(run: Run): string[] {
  return run.stdout.split('\n').filter((line) => line !== '')
}

/** A command that follows something, once it does. */
async function following(at: ServedReplica, ...args: string[]): Promise<Run> {
  const run = rejoin([...args, '--url', at.url])
  await until(() => run.stderr.includes('Listening at'))
  return run
}

describe('three replicas that are processes', () => {
  it('show each other alive, and what they are told goes to all', async () => {
    const [a, b, c] = await three()
    const table = rejoin(['members', '--url', c.url])
    expect(await table.ended).toBe(0)
    const [headings, ...rows] = lines(table)
    expect(headings).toMatch(/^MEMBER +ADDRESS +STATE +LINK +RTT +TRAFFIC +LACKS +TAGS$/)
    const alive = /alive  open +[\d.]+ ms +[\d.]+ k?B out, [\d.]+ k?B in +0 +region=/
    expect(rows.map((row) => alive.test(row))).toEqual([true, true])
    expect(await membersAt(c, '--tag', 'region=us', '--tag', 'role=archive')).toMatchObject([
      { replica: b.id, health: 'alive', tags: { region: 'us', role: 'archive' } },
    ])
    expect(await membersAt(c, '--state', 'failed')).toEqual([])

    const listeners = [await following(a, 'listen', 'deploy'), await following(c, 'listen')]
    expect(await rejoin(['send', 'deploy', 'v42', '--url', b.url]).ended).toBe(0)
    const expected = JSON.stringify({ from: b.id, topic: 'deploy', text: 'v42' })
    await until(() => listeners.every((run) => run.stdout !== ''))
    expect((await statusAt(b)).messages).toEqual({ sent: 1, received: 0, dropped: 0 })
    expect((await statusAt(c)).messages).toEqual({ sent: 0, received: 1, dropped: 0 })
    for (const run of listeners) expect(lines(run)).toEqual([expected])
    for (const run of listeners) run.kill('SIGINT')
    expect(await Promise.all(listeners.map((run) => run.ended))).toEqual([0, 0])
  })

  it(
    '[M2] tell of one that is killed, and of one that is back',
    async () => {
      const [a, b] = await three()
      const data = temporaryDirectory()
      const peer = ['--peer', a.url.replace('http', 'ws')]
      const d = await serve(['--data', data, ...peer])
      await until(async () => (await memberAt(b, d.id))?.state === 'linked')
      const watch = await following(b, 'members', '--watch')
      const early = await serve(['--data', temporaryDirectory(), ...peer])
      await until(() => lines(watch).some((line) => line.startsWith('joined     ')), FAILURE_MS)
      d.kill('SIGKILL')
      await until(async () => (await memberAt(b, d.id))?.health === 'suspect', FAILURE_MS)
      await until(async () => (await memberAt(b, d.id))?.health === 'failed', FAILURE_MS)
      await until(async () => (await memberAt(a, d.id))?.health === 'failed', FAILURE_MS)
      await until(() => lines(watch).some((line) => line.startsWith(`failed     ${d.id}`)))
      expect(lines(watch).filter((line) => line.startsWith('failed'))).toHaveLength(1)
      await serve(['--data', data, ...peer])
      await until(() => lines(watch).some((line) => line.startsWith(`reachable  ${d.id}`)))
      expect((await memberAt(b, early.id))?.health).toBe('alive')
      watch.kill('SIGINT')
      expect(await watch.ended).toBe(0)
    },
    3 * FAILURE_MS,
  )

  it('[M3] let one leave: what it has is elsewhere, and nobody waits for it', async () => {
    const [a, b, c] = await three()
    const client = connect(c.url.replace('http', 'ws'), { WebSocket })
    onTestFinished(() => client.close())
    const notes = client.open('notes')
    notes.doc.getText('content').insert(0, 'last words')
    await notes.settled('durable')
    const leave = rejoin(['leave', '--url', c.url])
    expect(await leave.ended).toBe(0)
    expect(leave.stdout).toBe(`Replica ${c.id} has left.\n`)
    expect(await c.ended).toBe(0)
    expect(c.stdout).toContain('has left for good.')
    for (const at of [a, b]) {
      expect((await fetch(`${at.url}/documents/notes`)).status).toBe(200)
      await until(async () => (await statusAt(at)).members.length === 1)
      await until(async () => (await statusAt(at)).divergence === 0)
    }
  })

  it('[M3] say why a replica that is alone does not leave', async () => {
    const alone = await serve(['--data', temporaryDirectory()])
    const leave = rejoin(['leave', '--url', alone.url])
    expect(await leave.ended).toBe(1)
    expect(leave.stderr).toMatch(/^rejoin: [^\n]*knows no other member[^\n]*\n$/)
    expect((await fetch(`${alone.url}/healthz`)).status).toBe(200)
  })
})
