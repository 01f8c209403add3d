import { pairsAmong } from './pairs.ts'
import type { Lane, ReplicaState } from './recording.ts'
import type { Run } from './run.ts'
import { listText } from './times.ts'

/** What keeps entries from getting everywhere at a moment, in words. */
export function troublesAt(run: Run, ms: number): readonly string[] {
  const { replicas, violation, endMs } = run.recording
  const inLife = (life: ReplicaState['life']): string[] => {
    return replicas.filter((_, place) => run.replicaAt(place, ms)?.life === life)
  }
  const failing = replicas.filter((_, place) => (run.replicaAt(place, ms)?.failure ?? '') !== '')
  const rule = violation?.rule === '' ? 'something threw' : `rule ${violation?.rule} is broken`
  return [
    ...(violation !== undefined && ms >= endMs ? [`here ${rule}`] : []),
    ...sentence(inLife('down'), 'is down', 'are down'),
    ...sentence(inLife('still'), 'stands still', 'stand still'),
    ...sentence(failing, 'can’t write', 'can’t write'),
    ...sentence(cutPairs(run, ms), 'is cut', 'are cut'),
    ...sentence(lanesOf(run, 'held', ms), 'is held up', 'are held up'),
    ...sentence(lanesOf(run, 'mute', ms), 'is half-open', 'are half-open'),
  ]
}

function sentence(names: readonly string[], one: string, many: string): readonly string[] {
  return names.length === 0 ? [] : [`${listText(names)} ${names.length === 1 ? one : many}`]
}

function cutPairs(run: Run, ms: number): string[] {
  const { replicas } = run.recording
  const cut = pairsAmong(replicas.length).filter(([a, b]) => run.arePartedAt(a, b, ms))
  return cut.map(([a, b]) => `${replicas[a]} – ${replicas[b]}`)
}

function lanesOf(run: Run, lane: Lane, ms: number): string[] {
  const { replicas } = run.recording
  const lanes = pairsAmong(replicas.length).flatMap(([a, b]) => [[a, b] as const, [b, a] as const])
  const such = lanes.filter(([from, to]) => run.laneAt(from, to, ms) === lane)
  return such.map(([from, to]) => `${replicas[from]} → ${replicas[to]}`)
}
