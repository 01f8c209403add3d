import { groupsOf, type Cable, type Station } from './network.ts'

/**
 * The situation in one plain sentence and one line of what it means or what to try, for eyes and
 * for screen readers alike. `apart` is kept for replicas that can't reach each other: entries on their
 * way over live cables are no alarm.
 */
export type Mood = 'unknown' | 'calm' | 'moving' | 'apart'

export interface Story {
  readonly mood: Mood
  readonly headline: string
  readonly detail: string
}

export interface Situation {
  readonly stations: readonly Station[]
  readonly cables: readonly Cable[]
  /** Entries in U that are not in R. */
  readonly entries: number
  /** Whether this is the belief of the first replica alone, and not what all of them said. */
  readonly belief: boolean
}

export function tell(situation: Situation): Story {
  const { stations, cables, entries } = situation
  const silent = stations.filter((station) => !station.answering)
  if (silent.length === stations.length) {
    return {
      mood: 'unknown',
      headline: 'No replica is answering.',
      detail: 'They are asked again every second. What you type is kept in this page meanwhile.',
    }
  }
  const groups = groupsOf(stations.length, cables)
  const detail = situation.belief ? aboutBelief(situation) : aboutAll(situation, groups)
  if (groups.length > 1) return { mood: 'apart', headline: headlineApart(entries), detail }
  if (entries > 0) return { mood: 'moving', headline: `${amount(entries)} on the way.`, detail }
  return { mood: 'calm', headline: 'Everybody has everything.', detail }
}

function headlineApart(entries: number): string {
  if (entries === 0) return 'Everybody has everything, so far.'
  return `${amount(entries)} ${entries === 1 ? 'has' : 'have'} not reached everybody.`
}

function amount(entries: number): string {
  return `${entries.toLocaleString('en')} ${entries === 1 ? 'entry' : 'entries'}`
}

function aboutBelief({ stations, cables }: Situation): string {
  const linked = cables.filter((cable) => cable.state === 'live').length
  const source = `As replica ${stations[0]?.letter ?? '?'} knows it`
  return `${source}, which is linked to ${linked} of ${cables.length} others.`
}

function aboutAll(situation: Situation, groups: readonly number[][]): string {
  const silent = situation.stations.filter((station) => !station.answering)
  return silent.length > 0 ? aboutSilent(silent) : aboutNetwork(situation, groups)
}

function aboutSilent(silent: readonly Station[]): string {
  const verb = silent.length === 1 ? 'is not answering and counts' : 'are not answering and count'
  return `${list(silent.map((station) => station.letter))} ${verb} with what was last seen.`
}

function aboutNetwork(situation: Situation, groups: readonly number[][]): string {
  const letter = (place: number) => situation.stations[place]?.letter ?? '?'
  const [first = [], ...others] = groups
  if (others.length === 0) return aboutWhole(situation.cables, letter)
  if (first.length === 1) {
    return 'Each is on its own. Type in several panes, then plug them in: they will agree.'
  }
  const alone = others.filter((group) => group.length === 1).flat()
  if (alone.length === others.length) {
    const verb = alone.length === 1 ? 'is on its own' : 'are on their own'
    return `${list(alone.map(letter))} ${verb}. Type on both sides, then plug in: they will agree.`
  }
  return `The replicas are in ${groups.length} groups. Mend a cable, and they will agree.`
}

function aboutWhole(cables: readonly Cable[], letter: (place: number) => string): string {
  const open = cables.filter((cable) => cable.state !== 'live')
  if (open.length === 0) return 'Type in any pane. Then cut a cable or unplug a replica.'
  const [cable] = open
  if (open.length > 1 || cable === undefined) {
    return 'Some cables are cut, and the others still join all replicas.'
  }
  const through = cables
    .filter((other) => other !== cable)
    .flatMap((other) => [other.from, other.to])
    .find((place) => place !== cable.from && place !== cable.to)
  const pair = `${letter(cable.from)} and ${letter(cable.to)}`
  return `${pair} still reach each other through ${letter(through ?? cable.to)}. To part them, unplug a replica.`
}

function list(letters: readonly string[]): string {
  return new Intl.ListFormat('en').format(letters)
}
