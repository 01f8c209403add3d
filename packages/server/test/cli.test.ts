import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, writeFileSync } from 'node:fs'
import { createServer, connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { connect } from '@rejoin/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

import { rejoin, serve, temporaryDirectory, type Run } from './processes.ts'
import { portOf, until } from './site.ts'

const ONE_LINE = /^rejoin: [^\n]+\n$/

async function outcome(run: Run): Promise<Pick<Run, 'exitCode' | 'stdout' | 'stderr'>> {
  const exitCode = await run.ended
  return { exitCode, stdout: run.stdout, stderr: run.stderr }
}

describe('rejoin', () => {
  it('helps, with every command, its options and examples', async () => {
    const general = await outcome(rejoin(['--help']))
    expect(general).toMatchObject({ exitCode: 0, stderr: '' })
    const maintenance = [
      'members',
      'leave',
      'send',
      'listen',
      'remove',
      'check',
      'backup',
      'restore',
      'compact',
      'export',
      'import',
    ]
    for (const command of ['serve', 'status', ...maintenance, 'replay']) {
      expect(general.stdout).toContain(`  ${command} `)
      const help = await outcome(rejoin([command, '--help']))
      expect(help).toMatchObject({ exitCode: 0, stderr: '' })
      expect(help.stdout).toContain('Examples:')
      expect(help.stdout.split('\n').every((line) => line.length <= 100)).toBe(true)
    }
  })

  it('tells its version', async () => {
    const run = await outcome(rejoin(['--version']))
    expect(run.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each([
    [['srve'], 'did you mean serve?'],
    [['serve', '--data', 'x', '--prot', '1'], 'did you mean --port?'],
    [['serve', '--bogus'], '--bogus is no option of rejoin serve. See rejoin serve --help.'],
    [['serve'], '--data DIR'],
    [['serve', '--data', 'x', '--port', '65536'], 'from 0 to 65535'],
    [['serve', '--data', 'x', '--peer', 'localhost:7001'], '--peer must be a WebSocket address'],
    [['serve', '--data', 'x', '--peer', 'http://a'], '--peer must be a WebSocket address'],
    [['serve', '--data', 'x', '--peer', 'ws://a/#b'], '--peer must be a WebSocket address'],
    [['serve', '--data', 'x', '--static', 'y'], '--demo'],
    [['serve', '--data', 'x', '--allow-origin', 'app.example'], '--allow-origin must be an origin'],
    [['serve', '--data', 'x', '--tag', 'region'], '--tag must be a name and a value'],
    [['serve', '--data', 'x', '--tag', 'a=1', '--tag', 'a=2'], '--tag must name "a" once'],
    [['serve', '--data', 'x', '--tag', `a=${'x'.repeat(65)}`], 'has 65 bytes'],
    [['members', '--state', 'dead'], '--state must be one of alive, suspect'],
    [['members', '--watch', '--state', 'failed'], '--watch has events'],
    [['send', 'deploy', 'x'.repeat(8_193)], '8192 bytes at most'],
    [['leave', '--timeout', '51'], '--timeout must be a whole number from 1 to 50'],
    [['status', 'now'], 'one word too many'],
    [['status', '--url', '7001'], 'no address of a replica'],
    [['replay', '--to', 'ws://127.0.0.1:1'], 'FILE'],
    [['replay', 'x.json'], '--to URL'],
    [['replay', 'x.json', '--to', 'ws://127.0.0.1:1', '--speed', '0'], '--speed must be'],
  ])('exits with 2 and one line for %j', async (args, message) => {
    const run = await outcome(rejoin(args))
    expect([run.exitCode, run.stdout]).toEqual([2, ''])
    expect(run.stderr).toMatch(ONE_LINE)
    expect(run.stderr).toContain(message)
  })

  it('names the variable that is wrong', async () => {
    const run = await outcome(rejoin(['serve', '--data', 'x'], { env: { REJOIN_PORT: 'seven' } }))
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('REJOIN_PORT must') })
  })

  it('says that Node is too old before it loads anything else', async () => {
    const oldNode = fileURLToPath(new URL('old-node.cjs', import.meta.url))
    const run = await outcome(rejoin(['--version'], { node: ['--require', oldNode] }))
    expect(run).toMatchObject({ exitCode: 1, stdout: '' })
    expect(run.stderr).toMatch(/^rejoin needs Node 20\.19 or newer; this is 18\.20\.4\.[^\n]*\n$/)
  })

  it('says in one line that it is not built yet', () => {
    const directory = temporaryDirectory()
    const bin = fileURLToPath(new URL('../bin', import.meta.url))
    cpSync(bin, join(directory, 'bin'), { recursive: true })
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
    const command = join(directory, 'bin', 'rejoin.js')
    const run = spawnSync(process.execPath, [command, '--help'], { encoding: 'utf8' })
    expect(run).toMatchObject({ status: 1, stdout: '' })
    expect(run.stderr).toMatch(/^rejoin is not built yet; run npm run build [^\n]*\n$/)
  })
})

describe('rejoin serve', () => {
  it('says in one line that a port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    onTestFinished(() => void holder.close())
    const port = String(portOf(holder))
    const run = await outcome(rejoin(['serve', '--data', temporaryDirectory(), '--port', port]))
    expect([run.exitCode, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toMatch(ONE_LINE)
    expect(run.stderr).toContain(`Port ${port} on 127.0.0.1 is in use`)
  })

  it('says in one line that another process holds the directory', async () => {
    const data = temporaryDirectory()
    await serve(['--data', data])
    const run = await outcome(rejoin(['serve', '--data', data, '--port', '0']))
    expect([run.exitCode, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toMatch(ONE_LINE)
    expect(run.stderr).toContain(data)
  })

  it('says in one line that the directory is a file, or the host not of this machine', async () => {
    const data = temporaryDirectory()
    const file = join(data, 'file')
    writeFileSync(file, '')
    for (const args of [
      ['--data', file],
      ['--data', join(data, 'a'), '--host', '192.0.2.1'],
      ['--data', join(data, 'b'), '--demo', '--static', join(data, 'nothing')],
    ]) {
      const run = await outcome(rejoin(['serve', '--port', '0', ...args]))
      expect([run.exitCode, run.stdout]).toEqual([1, ''])
      expect(run.stderr).toMatch(ONE_LINE)
    }
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    '[S1] keeps what was accepted when %s stops it, and exits with 0',
    async (signal) => {
      const data = temporaryDirectory()
      const replica = await serve(['--data', data])
      const client = connect(replica.url.replace('http', 'ws'), { WebSocket })
      onTestFinished(() => client.close())
      const notes = client.open('notes')
      notes.doc.getText('content').insert(0, 'hello')
      await notes.settled('durable')
      const disconnected = new Promise<string | undefined>((resolve) => {
        client.on('status', (status, reason) => status === 'disconnected' && resolve(reason))
      })
      replica.kill(signal)
      expect(await outcome(replica)).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await disconnected).toContain('closing')
      const again = await serve([], { env: { REJOIN_DATA: data } })
      expect(again.id).toBe(replica.id)
      const doc = new Y.Doc()
      const response = await fetch(`${again.url}/documents/notes`)
      Y.applyUpdate(doc, new Uint8Array(await response.arrayBuffer()))
      expect(doc.getText('content').toJSON()).toBe('hello')
    },
  )

  it('ends at once when it is asked a second time', async () => {
    const replica = await serve(['--data', temporaryDirectory()])
    // A client that never answers a close frame keeps the first request waiting.
    const deaf = connectTcp(replica.port, '127.0.0.1')
    onTestFinished(() => void deaf.destroy())
    deaf.write(
      'GET /notes HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
        'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    )
    const received: Buffer[] = []
    deaf.on('data', (chunk) => received.push(chunk))
    await until(() => received.length > 0)
    replica.kill('SIGTERM')
    const askedMs = performance.now()
    // Signals within half a second are one request.
    await until(() => performance.now() - askedMs > 600)
    expect(replica.exitCode).toBeNull()
    replica.kill('SIGTERM')
    expect(await replica.ended).toBe(143)
  })
})

describe('rejoin status', () => {
  it('shows a table, or JSON', async () => {
    const replica = await serve(['--data', temporaryDirectory(), '--peer', 'ws://127.0.0.1:9'])
    const shown = await outcome(rejoin(['status', '--url', replica.url]))
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' })
    expect(shown.stdout).toContain(`Replica     ${replica.id}`)
    expect(shown.stdout).toMatch(/\(never met\) +ws:\/\/127\.0\.0\.1:9 +unreachable/)
    const asJson = await outcome(rejoin(['status', '--json'], { env: { REJOIN_URL: replica.url } }))
    expect(JSON.parse(asJson.stdout)).toMatchObject({ replica: replica.id, divergence: 0 })
  })

  it('says in one line that nobody answers', async () => {
    const run = await outcome(rejoin(['status', '--url', 'http://127.0.0.1:9']))
    expect(run).toMatchObject({ exitCode: 1, stdout: '' })
    expect(run.stderr).toMatch(ONE_LINE)
    expect(run.stderr).toContain('No replica answers at http://127.0.0.1:9')
  })
})
