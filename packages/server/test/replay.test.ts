import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { rejoin, serve, temporaryDirectory, type Run, type ServedReplica } from './processes.ts'
import { until } from './site.ts'

const ROUNDS = 60

/**
 * Two authors who insert at the same place without seeing each other, merge, and do so again; in the
 * end one deletes all but the first character. The text depends on each tie's being broken alike.
 */
function writeRecording(directory: string): string {
  const txns: object[] = []
  let parents: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const first = txns.push({ agent: 0, parents, patches: [[0, 0, 'a']] }) - 1
    const second = txns.push({ agent: 1, parents, patches: [[0, 0, '😀']] }) - 1
    parents = [first, second]
  }
  txns.push({ agent: 0, parents, patches: [[1, 2 * ROUNDS - 1, '!']] })
  const file = join(directory, 'two.json')
  writeFileSync(file, JSON.stringify({ kind: 'concurrent', numAgents: 2, endContent: 'a!', txns }))
  return file
}

async function servePair(directory: string, flags: string[]): Promise<ServedReplica[]> {
  const a = await serve(['--data', join(directory, 'a'), ...flags])
  const peer = ['--peer', a.url.replace('http', 'ws')]
  const b = await serve(['--data', join(directory, 'b'), ...peer, ...flags])
  await until(async () => {
    const status: unknown = await (await fetch(`${a.url}/status`)).json()
    return JSON.stringify(status).includes('"linked"')
  })
  return [a, b]
}

function replay(file: string, replicas: readonly ServedReplica[], ...more: string[]): Run {
  return rejoin(['replay', file, ...replicas.flatMap(({ url }) => ['--to', url]), ...more])
}

describe('rejoin replay', () => {
  it('[L5] types through two replicas, cuts and mends their link, and finds them equal', async () => {
    const directory = temporaryDirectory()
    const file = writeRecording(directory)
    const replicas = await servePair(directory, ['--demo'])
    const run = replay(file, replicas)
    expect([await run.ended, run.stdout.match(/ equal$/gm)?.length]).toEqual([0, 2])
    expect(Number(/links cut (\d+) times/.exec(run.stdout)?.[1])).toBeGreaterThan(0)

    const again = replay(file, replicas)
    expect(await again.ended).toBe(1)
    expect(again.stderr).toMatch(/"two" at \S+ is not empty.* --document two-2\.\n$/)

    const slowly = replay(file, replicas, '--document', 'two-2', '--speed', '400', '--no-cut')
    expect(await slowly.ended).toBe(0)
    expect(slowly.stdout).toContain('links cut 0 times')
  })

  it('goes on with whole links where replicas refuse to cut them, and says so once', async () => {
    const directory = temporaryDirectory()
    const replicas = await servePair(directory, [])
    const run = replay(writeRecording(directory), replicas)
    expect(await run.ended).toBe(0)
    expect(run.stderr.match(/Links are left whole\..*--demo/g)?.length).toBe(1)
  })

  it('mends the links when it is stopped', async () => {
    const directory = temporaryDirectory()
    const replicas = await servePair(directory, ['--demo'])
    const run = replay(writeRecording(directory), replicas, '--speed', '2')
    const states = async (): Promise<string> => {
      const all = await Promise.all(replicas.map(({ url }) => fetch(`${url}/status`)))
      return (await Promise.all(all.map((response) => response.text()))).join()
    }
    await until(async () => (await states()).includes('"cut"'))
    run.kill('SIGINT')
    expect(await run.ended).toBe(130)
    await until(async () => !(await states()).includes('"cut"'))
  })

  it('says in one line what is wrong with a recording', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'bad.json')
    for (const [content, message] of [
      ['{', 'is not JSON'],
      ['{"endContent": "", "txns": [{}]}', "Transaction 0 can't be replayed"],
      ['\u001f\u008b', ''],
    ] as const) {
      writeFileSync(file, content, 'latin1')
      const run = rejoin(['replay', file, '--to', 'ws://127.0.0.1:9'])
      expect(await run.ended).toBe(1)
      expect(run.stderr).toMatch(/^rejoin: [^\n]+\n$/)
      expect(run.stderr).toContain(message)
    }
    const absent = rejoin(['replay', join(directory, 'absent'), '--to', 'ws://127.0.0.1:9'])
    expect([await absent.ended, absent.stdout]).toEqual([1, ''])
    expect(absent.stderr).toMatch(/^rejoin: The recording \S+absent can't be read: [^\n]+\n$/)
  })
})
