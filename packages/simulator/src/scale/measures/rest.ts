import { atMost, type Figure } from '../figure.ts'
import { settledWorld, type Setting } from '../settled.ts'

/** Until the last echo of starting is gone. */
const QUIET_MS = 30_000
const REST_S = 60

/** What a replica says while nothing happens. */
export function rest(setting: Setting): Figure[] {
  const world = settledWorld(setting)
  const { traffic } = world.network
  world.run(QUIET_MS)
  const before = traffic.total()
  world.run(REST_S * 1_000)
  const sent = traffic.since(before)
  const each = REST_S * world.cast.ids.length
  const kinds = [...sent.ofKind].filter(([, { frames }]) => frames > 0)
  return [
    { what: 'frames', value: sent.frames / each, unit: 'a replica and s' },
    {
      what: 'bytes',
      value: sent.bytes / each,
      unit: 'B a replica and s',
      published: '15,000–120,000 (chitchat, up to 100)',
      target: atMost(2_000),
    },
    ...kinds.map(([kind, { bytes }]) => {
      return { what: `bytes of ${kind}`, value: bytes / each, unit: 'B a replica and s' }
    }),
  ]
}
