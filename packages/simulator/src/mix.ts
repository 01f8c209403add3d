import { Chance } from '@rejoin/gossip'

/** What can happen, beside people who type now and then. */
export const FAULTS = [
  'burst',
  'leave',
  'move',
  'pauseClient',
  'storm',
  'part',
  'mend',
  'mute',
  'obstruct',
  'slowLink',
  'crash',
  'restart',
  'upgrade',
  'blackout',
  'standstill',
  'jumpClock',
  'stall',
  'fail',
  'failRead',
  'repeat',
  'flip',
  'trim',
  'compact',
  'damage',
  'backup',
  'restore',
  'copy',
  'empty',
  'someStayBroken',
] as const

export type Fault = (typeof FAULTS)[number]

/** Those that come where something is written, read or sent, or once; all others are drawn each moment. */
const IN_PLACE = ['stall', 'fail', 'failRead', 'repeat', 'flip', 'someStayBroken'] as const
type InPlace = (typeof IN_PLACE)[number]

export type DrawnFault = Exclude<Fault, InPlace>
export const DRAWN_FAULTS: readonly DrawnFault[] = FAULTS.filter(
  (fault): fault is DrawnFault => !IN_PLACE.some((other) => other === fault),
)

/**
 * One world in so many is a harsh one, in which what goes wrong does so several times as often: what takes many
 * rare faults at once shows there.
 */
const HARSH_EACH = 4
const HARSHEST = 6
/** However harsh: nothing happens more often than every other time. */
const LIKELY_MAX = 0.5

/** Faults that harshness leaves alone: they are load, or a cure, or come once. */
const NEVER_HARSH: readonly Fault[] = ['burst', 'mend', 'someStayBroken']

/** Which rules a world puts to the test: those about disks, or those about ids that are used twice. */
export type Profile = 'store' | 'identity'

/** The world that a seed stands for. */
export interface Mix {
  readonly seed: number
  readonly profile: Profile
  readonly replicas: number
  readonly clients: number
  /** How many times something happens before there is peace; 50 ms apart on average. */
  readonly moments: number
  /** What a frame takes on its way, in ms, at most. */
  readonly latencyMs: number
  /** How likely each fault is, each moment, or each time that it could be. */
  readonly likely: Readonly<Record<Fault, number>>
}

/** Each moment of a history that has the fault at all. */
const LIKELY: Readonly<Record<Fault, number>> = {
  burst: 0.008,
  leave: 0.01,
  move: 0.1,
  pauseClient: 0.04,
  storm: 0.004,
  part: 0.1,
  mend: 0.07,
  mute: 0.02,
  obstruct: 0.03,
  slowLink: 0.02,
  crash: 0.04,
  restart: 0.02,
  upgrade: 0.005,
  blackout: 0.004,
  standstill: 0.01,
  jumpClock: 0.02,
  stall: 0.01,
  fail: 0.01,
  failRead: 0.01,
  repeat: 0.1,
  flip: 0.002,
  trim: 0.04,
  compact: 0.01,
  damage: 0.015,
  backup: 0.02,
  restore: 0.03,
  copy: 0.005,
  empty: 0.005,
  someStayBroken: 0.5,
}

/**
 * Faults that one profile alone has: what they do to disks would hide what the other shows. And where ids were
 * used twice, an entry may depend on one that only those hold who stay broken, and then has to wait.
 */
const ONLY: Partial<Record<Fault, Profile>> = {
  fail: 'store',
  damage: 'store',
  someStayBroken: 'store',
  backup: 'identity',
  restore: 'identity',
  copy: 'identity',
  empty: 'identity',
}

/**
 * Draws a world from its seed: how many take part, for how long, and which faults there are. Most have some
 * and not others ("swarm testing": with all of them at once each hides what another would show).
 */
export function mixOf(seed: number, fixed: Partial<Mix> = {}): Mix {
  const chance = new Chance(seed ^ 0x5eed)
  const draw = (low: number, high: number): number =>
    low + Math.floor(chance.next() * (high - low + 1))
  const drawn = draw(1, 5) <= 2 ? 'identity' : 'store'
  const profile = fixed.profile ?? drawn
  const likely = Object.fromEntries(
    FAULTS.map((fault) => {
      const isOn = chance.next() < 0.65 && (ONLY[fault] ?? profile) === profile
      return [fault, isOn ? LIKELY[fault] * (0.5 + chance.next() * 1.5) : 0]
    }),
  ) as Record<Fault, number>
  // Without a backup there is nothing to restore.
  if (likely.restore > 0) likely.backup ||= LIKELY.backup
  const size = { replicas: draw(2, 5), clients: draw(2, 6), moments: draw(30, 90) * draw(1, 4) }
  const latencyMs = draw(1, 4) ** 3
  const harshness = draw(1, HARSH_EACH) === 1 ? draw(2, HARSHEST) : 1
  return { seed, profile, ...size, latencyMs, likely: harshly(likely, harshness), ...fixed }
}

function harshly(likely: Mix['likely'], by: number): Mix['likely'] {
  const each = FAULTS.map((fault) => {
    const harsh = Math.max(likely[fault], Math.min(LIKELY_MAX, likely[fault] * by))
    return [fault, NEVER_HARSH.includes(fault) ? likely[fault] : harsh]
  })
  return Object.fromEntries(each) as Mix['likely']
}
