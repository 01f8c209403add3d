import { Engine } from '@rejoin/engine'
import { join, meet, type ReplicaId } from '@rejoin/protocol'
import { live, mixOf, type Mix } from '@rejoin/simulator'
import { describe, expect, onTestFinished, test, vi } from 'vitest'

import { pageOf } from '../src/view/page.ts'
import type { Recording, ReplicaState } from '../src/view/page/recording.ts'
import { Run } from '../src/view/page/run.ts'
import { recordRun } from '../src/view/record-run.ts'
import { Recorder } from '../src/view/recorder.ts'
import type { World } from '../src/world.ts'

const MIXES = [mixOf(4, { profile: 'identity' }), mixOf(38, { profile: 'store', moments: 120 })]
const [IDENTITY, STORE] = MIXES as [Mix, Mix]

interface Watched {
  readonly world: World
  readonly recorder: Recorder
  readonly recording: Recording
}

/** Lives a history to its end, and answers its world beside what was recorded of it. */
async function watched(mix: Mix): Promise<Watched> {
  let recorder: Recorder | undefined
  await live(mix, undefined, (made) => (recorder = new Recorder(made)).record)
  if (recorder === undefined) throw new Error('No world was made.')
  return { world: recorder.world, recorder, recording: (await recordRun(mix)).recording }
}

describe('a recording', () => {
  test.for(MIXES)('of a run of profile $profile changes nothing of it', async (mix) => {
    const [alone, seen]: [string[], string[]] = [[], []]
    await live(mix, (line) => alone.push(line))
    await live(
      mix,
      (line) => seen.push(line),
      (world) => new Recorder(world).record,
    )
    expect(seen).toEqual(alone)
  })

  test.for(MIXES)('[L6] of profile $profile ends in the state that the checks saw', async (mix) => {
    const { world, recorder, recording } = await watched(mix)
    const run = new Run(recording)
    const { endMs } = recording
    for (const [place, { disk, engine }] of world.replicas.entries()) {
      const state = run.replicaAt(place, endMs) as ReplicaState
      expect(state.has).toEqual(recorder.names.seqsOf(disk.version()))
      expect(state.stable).toEqual(recorder.names.seqsOf(engine?.stability.stable ?? new Map()))
      expect(state.stable).toEqual(state.has)
      expect([state.life, state.apart, state.waiting, state.applied]).toEqual(['up', 0, 0, 0])
    }
    const versions = world.replicas.map(({ disk }) => disk.version())
    const truth = run.truthAt(endMs)
    expect(truth.stable).toEqual(recorder.names.seqsOf(meet(versions)))
    expect(truth.union).toEqual(recorder.names.seqsOf(join(versions)))
    expect(truth.apart).toBe(0)
  })

  test('[L6] shows no R that is ahead of the true one, at any moment of it', async () => {
    const { recording } = await recordRun(STORE)
    const run = new Run(recording)
    for (const ms of run.moments) {
      const { stable } = run.truthAt(ms)
      for (const place of recording.replicas.keys()) {
        const shown = run.replicaAt(place, ms)?.stable ?? []
        expect(shown.every((seq, origin) => seq <= (stable[origin] ?? 0))).toBe(true)
      }
    }
  })

  test('has every frame that arrived, when and where it did', async () => {
    const lines: string[] = []
    await live(STORE, (line) => lines.push(line))
    const arrived = lines.flatMap((line) => {
      const [, ms, from, to, text] = /^ *(\d+) ms {2}(\w+) → (\w+) {2}(.*)$/.exec(line) ?? []
      return ms === undefined ? [] : [`${ms} ${from} ${to} ${text}`]
    })
    const { recording } = await recordRun(STORE)
    const { flights } = new Run(recording)
    const recorded = flights.all
      .filter(({ fate }) => fate === 'arrived')
      .map(({ arrivalMs, from, to, text }) => {
        return `${arrivalMs} ${recording.replicas[from]} ${recording.replicas[to]} ${text}`
      })
    expect(recorded.toSorted()).toEqual(arrived.toSorted())
  })

  test('names the rule that was broken, and the command that breaks it again', async () => {
    // Everybody says that all have 99 entries of a.
    const claimed = new Map([['a'.repeat(16) as ReplicaId, 99]])
    vi.spyOn(Engine.prototype, 'stability', 'get').mockReturnValue({
      stable: claimed,
      union: claimed,
      divergence: 0,
    })
    onTestFinished(() => void vi.restoreAllMocks())
    const { recording, outcome } = await recordRun(mixOf(12))
    expect(outcome).toBeUndefined()
    expect(recording.violation?.rule).toBe('L6')
    expect(recording.violation?.replay).toMatch(/^npm run simulate -- --seed 12 --/)
    expect(new Run(recording).happenings.at(-1)).toMatchObject({
      ms: recording.endMs,
      kind: 'violation',
      text: recording.violation?.message,
    })
  })
})

describe('a page', () => {
  test('is the same for the same seed', async () => {
    const once = await recordRun(IDENTITY)
    const again = await recordRun(IDENTITY)
    expect(pageOf(once.recording)).toBe(pageOf(again.recording))
  })

  test('needs nothing but itself, and is small', async () => {
    const { recording } = await recordRun(IDENTITY)
    const page = pageOf(recording)
    const namespace = 'http://www.w3.org/2000/svg'
    expect(page.replaceAll(namespace, '')).not.toMatch(/https?:|\bsrc=|@import|url\(|\bimport\b/)
    expect(page).not.toContain('sourceMappingURL')
    expect(page.length).toBeLessThan(1_000_000)
  })

  test('has all of the recording, whatever is in its texts', async () => {
    const { recording } = await recordRun(mixOf(1))
    const hostile = { ...recording, texts: [...recording.texts, '</script><!--', '$& $1'] }
    const page = pageOf(hostile)
    const [, json = ''] = /id="recording">(.*?)<\/script>/s.exec(page) ?? []
    expect(JSON.parse(json)).toEqual(hostile)
    expect(page.match(/<\/script>/g)).toHaveLength(2)
  })
})
