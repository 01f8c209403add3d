import { connect } from '@rejoin/client'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

import { freePorts, ReplicaProcess, whenConverged, whenLinked } from '../real/replica-process.ts'
import { until } from '../real/until.ts'

/** Each look at the wall clock is up to a year off, to either side. */
const JUMPING = `const now = Date.now; let looks = 0; Date.now = () => now() + Math.round(Math.sin(++looks * 12.9898) * 3.15e10)`
const PAUSE_MS = 3_000

/** Processes whose wall clock jumps and which stand still for a while, as when a machine sleeps. */
it('[L6] [S1] replicas whose clocks jump, and which stand still, lose nothing and converge', async () => {
  const ports = await freePorts(2)
  const code = `data:text/javascript,${encodeURIComponent(JUMPING)}`
  const under = (): string[] => ['env', `NODE_OPTIONS=--import=${code}`]
  const replicas = ports.map((port) => {
    return new ReplicaProcess(port, { peers: ports.filter((other) => other !== port), under })
  })
  onTestFinished(async () => {
    await Promise.all(replicas.map((replica) => replica.end('SIGKILL')))
    for (const replica of replicas) replica.remove()
  })
  await Promise.all(replicas.map((replica) => replica.start()))
  await whenLinked(replicas)
  let acked = 0
  for (const [index, replica] of replicas.entries()) {
    const client = connect(replica.socketUrl, { WebSocket })
    onTestFinished(() => client.close())
    const notes = client.open('notes')
    const [other] = replicas.filter((each) => each !== replica)
    for (let edit = 0; edit < 20; edit++) {
      if (edit === 10) await standStill(other)
      notes.doc.getMap('notes').set(`${index} ${edit}`, true)
      await notes.settled('durable')
      acked += 1
    }
  }
  await whenConverged(replicas)
  for (const replica of replicas) {
    const notes = await replica.document('notes')
    expect(notes.getMap('notes').size).toBe(acked)
  }
  await until(async () => {
    const { stable, version } = (await replicas[0]?.status()) ?? { stable: {}, version: {} }
    return JSON.stringify(stable) === JSON.stringify(version)
  }, 'everything is stable')
})

/** Stops a process, and lets it go on a while later. */
async function standStill(replica: ReplicaProcess | undefined): Promise<void> {
  process.kill(replica?.pid ?? 0, 'SIGSTOP')
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  process.kill(replica?.pid ?? 0, 'SIGCONT')
}
