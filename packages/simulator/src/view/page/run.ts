import { Flights } from './flights.ts'
import {
  HAPPENINGS,
  LANES,
  type ChangeRow,
  type ClientState,
  type HappeningKind,
  type Lane,
  type Recording,
  type ReplicaState,
  type Seqs,
} from './recording.ts'
import { Timeline } from './timeline.ts'
import { truthOf, type Truth } from './truth.ts'

export interface Happening {
  readonly ms: number
  readonly kind: HappeningKind
  readonly text: string
  readonly places: readonly number[]
}

/** A recorded run that can be asked for any moment of it. */
export class Run {
  readonly recording: Recording
  readonly flights: Flights
  readonly happenings: readonly Happening[]
  readonly truths: Timeline<Truth>
  /** Every moment at which something happens or a frame is sent or arrives, in order. */
  readonly moments: readonly number[]
  readonly #replicas: readonly Timeline<ReplicaState>[]
  readonly #clients: readonly Timeline<ClientState>[]
  readonly #lanes = new Map<string, Timeline<Lane>>()
  readonly #partings = new Map<string, Timeline<boolean>>()

  constructor(recording: Recording) {
    this.recording = recording
    this.flights = new Flights(recording)
    this.happenings = recording.happenings.map(([ms, kind, text, places]) => ({
      ms,
      kind: HAPPENINGS[kind] ?? 'faults-end',
      text: recording.texts[text] ?? '',
      places,
    }))
    this.#replicas = timelinesOf(recording.replicas.length, recording.replicaChanges)
    this.truths = truthsOf(recording)
    this.#clients = timelinesOf(recording.clients.length, recording.clientChanges)
    for (const [ms, from, to, lane] of recording.laneChanges) {
      timelineIn(this.#lanes, `${from} ${to}`).add(ms, LANES[lane] ?? 'none')
    }
    for (const [ms, a, b, isParted] of recording.partings) {
      timelineIn(this.#partings, `${a} ${b}`).add(ms, isParted === 1)
    }
    this.moments = this.#allMoments()
  }

  #allMoments(): readonly number[] {
    const moments = new Set(this.happenings.map(({ ms }) => ms))
    for (const { sentMs, arrivalMs } of this.flights.all) {
      moments.add(sentMs)
      moments.add(arrivalMs)
    }
    const inRun = [...moments].filter((ms) => ms <= this.recording.endMs)
    return inRun.toSorted((a, b) => a - b)
  }

  /** `undefined` while it is not there yet. */
  replicaAt(place: number, ms: number): ReplicaState | undefined {
    return this.#replicas[place]?.at(ms)
  }

  clientAt(place: number, ms: number): ClientState | undefined {
    const state = this.#clients[place]?.at(ms)
    return state?.isGone === true ? undefined : state
  }

  laneAt(from: number, to: number, ms: number): Lane {
    return this.#lanes.get(`${from} ${to}`)?.at(ms) ?? 'none'
  }

  /** `a` is the one that is listed first. */
  arePartedAt(a: number, b: number, ms: number): boolean {
    return this.#partings.get(`${a} ${b}`)?.at(ms) ?? false
  }

  /** The highest sequence number that each origin ever had. */
  get highest(): Seqs {
    const unions = this.truths.states.map(({ union }) => union)
    return this.recording.origins.map((_, origin) => {
      return unions.reduce((highest, union) => Math.max(highest, union[origin] ?? 0), 0)
    })
  }

  truthAt(ms: number): Truth {
    return this.truths.at(ms) ?? { stable: [], union: [], apart: 0 }
  }
}

/** Puts each state together from its changes. */
function timelinesOf<State extends object>(
  count: number,
  changes: readonly ChangeRow<State>[],
): readonly Timeline<State>[] {
  const timelines = Array.from({ length: count }, () => new Timeline<State>())
  for (const [ms, place, changed] of changes) {
    const timeline = timelines[place]
    timeline?.add(ms, { ...(timeline.last as State), ...changed })
  }
  return timelines
}

function truthsOf({ replicaChanges }: Recording): Timeline<Truth> {
  const truths = new Timeline<Truth>()
  const versions = new Map<number, Seqs>()
  for (const [ms, place, { has }] of replicaChanges) {
    if (has === undefined) continue
    versions.set(place, has)
    truths.add(ms, truthOf([...versions.values()]))
  }
  return truths
}

function timelineIn<State>(all: Map<string, Timeline<State>>, key: string): Timeline<State> {
  const known = all.get(key)
  if (known !== undefined) return known
  const timeline = new Timeline<State>()
  all.set(key, timeline)
  return timeline
}
