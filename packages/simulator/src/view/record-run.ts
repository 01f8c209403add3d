import { live, type Outcome } from '../history.ts'
import { FAULTS, type Mix } from '../mix.ts'
import { replayCommand } from '../replay.ts'
import { shrink } from '../shrink.ts'
import { Violation } from '../violation.ts'
import type { BrokenRule, Recording } from './page/recording.ts'
import { Recorder } from './recorder.ts'

interface RecordedRun {
  readonly recording: Recording
  /** What came of it, if every rule held. */
  readonly outcome: Outcome | undefined
}

/** Lives a history and records it; one that breaks a rule is recorded up to there. */
export async function recordRun(mix: Mix): Promise<RecordedRun> {
  let recorder: Recorder | undefined
  try {
    const outcome = await live(mix, undefined, (world) => {
      recorder = new Recorder(world)
      return recorder.record
    })
    recorder?.note(['held', 'the run ends, and every rule held'], [])
    return { recording: recordingOf(mix, recorder), outcome }
  } catch (error) {
    if (recorder === undefined) throw error
    recorder.look()
    const violation = await violationOf(mix, error as Error)
    recorder.note(['violation', violation.message], [])
    return { recording: { ...recordingOf(mix, recorder), violation }, outcome: undefined }
  }
}

async function violationOf(mix: Mix, error: Error): Promise<BrokenRule> {
  const rule = error instanceof Violation ? error.rule : ''
  return { rule, message: error.message, replay: replayCommand(await shrink(mix)) }
}

function recordingOf(mix: Mix, recorder: Recorder | undefined): Recording {
  if (recorder === undefined) throw new Error('No world was made.')
  const { world, names, texts, clients, network } = recorder
  const endMs = world.agenda.now
  return {
    seed: mix.seed,
    profile: mix.profile,
    command: replayCommand(mix),
    latencyMs: mix.latencyMs,
    faults: FAULTS.filter((fault) => mix.likely[fault] > 0),
    faultsEndMs: recorder.faultsEndMs ?? endMs,
    endMs,
    origins: names.origins,
    replicas: world.replicas.map(({ name }) => name),
    clients: clients.facts,
    texts: texts.all,
    frames: recorder.frames.rows(),
    replicaChanges: recorder.replicaChanges,
    clientChanges: clients.changes,
    laneChanges: network.lanes,
    partings: network.partings,
    happenings: recorder.happenings,
  }
}
