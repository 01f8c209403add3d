import type { Engine, EngineEffect, EngineEvent } from '@rejoin/engine'
import { expect, test } from 'vitest'

import { Driver, type DriverPorts } from '../src/driver.ts'

/** An engine that answers each event with what `effectsOf` says, and notes down what it was told. */
function scripted(effectsOf: (event: EngineEvent) => EngineEffect[]): {
  engine: Engine
  told: EngineEvent[]
} {
  const told: EngineEvent[] = []
  const step = (event: EngineEvent): EngineEffect[] => {
    told.push(event)
    return effectsOf(event)
  }
  return { engine: { step, own: { tags: new Map() } } as unknown as Engine, told }
}

test('[L8] what an engine wants after it has lost its id is not done for the next one', async () => {
  const losing = scripted(() => [
    { type: 'renew', keep: 0, reason: 'It is in use by another replica too.' },
    { type: 'schedule', timer: { kind: 'seal' }, delayMs: 1 },
  ])
  const next = scripted(() => [])
  const engines = [losing.engine, next.engine]
  const due: (() => void)[] = []
  const driver = new Driver({
    engineOf: () => engines.shift() as Engine,
    storeDriver: { renew: async () => {} } as unknown as DriverPorts['storeDriver'],
    transport: undefined,
    clock: {
      now: () => 0,
      soon: (run) => queueMicrotask(run),
      schedule: (_, run) => {
        due.push(run)
        return () => {}
      },
    },
  })
  driver.start()
  await new Promise((resolve) => setImmediate(resolve))
  for (const run of due) run()
  await new Promise((resolve) => setImmediate(resolve))
  expect(losing.told).toEqual([{ type: 'started' }])
  expect(next.told).toEqual([{ type: 'started' }])
})
