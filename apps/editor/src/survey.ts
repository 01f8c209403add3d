import { join, type ReplicaId, type Version } from '@rejoin/protocol'
import type { MemberStatus } from '@rejoin/replica'

import { divergenceOf, type Divergence } from './divergence.ts'
import { cablesOf, type Cable, type Station } from './network.ts'
import { versionFromStatus } from './replica-link.ts'
import { tell, type Story } from './story.ts'

/**
 * The situation as the page draws it, computed whole from the replicas' last answers each time one
 * comes in: who holds what, R, U and the divergence, the cables, and the sentence that says it.
 */
export interface Survey {
  readonly stations: readonly Station[]
  readonly cables: readonly Cable[]
  readonly holders: readonly Holder[]
  readonly divergence: Divergence
  readonly origins: readonly Origin[]
  readonly story: Story
}

/** A replica with what it holds. */
export interface Holder {
  readonly label: string
  readonly version: Version
}

/** A replica as the maker of entries; its `hue` numbers its colour, from 0. */
export interface Origin {
  readonly replica: ReplicaId
  readonly label: string
  readonly hue: number
}

/** Origins with a column of their own; the newest ids beyond are left out of the table. */
export const ORIGINS_MAX = 6

/** What the page finds by asking every replica itself. */
export function surveyStudio(stations: readonly Station[]): Survey {
  const holders = stations.map((station) => {
    return { label: station.letter, version: versionAt(station, stations) }
  })
  const labels = new Map(
    stations.flatMap(({ letter, status }) => (status ? [[status.replica, letter] as const] : [])),
  )
  const divergence = divergenceOf(holders.map((holder) => holder.version))
  const cables = cablesOf(stations)
  const story = tell({ stations, cables, entries: divergence.entries, belief: false })
  const origins = originsOf(divergence.union, labels)
  return { stations, cables, holders, divergence, origins, story }
}

/**
 * What a replica is known to hold: its own word, and, when it does not answer, what the others last
 * heard of it as well. Both are lower bounds, so their join is one.
 */
function versionAt(station: Station, stations: readonly Station[]): Version {
  const own = versionFromStatus(station.status?.version ?? {})
  if (station.answering) return own
  const { host } = new URL(station.address)
  const heard = stations
    .flatMap(({ status }) => status?.members ?? [])
    .filter((member) => member.replica === station.status?.replica || hostOf(member) === host)
  return join([own, ...heard.map((member) => versionFromStatus(member.version))])
}

function hostOf({ address }: MemberStatus): string | undefined {
  return URL.parse(address)?.host
}

/** What one replica believes of itself and of the members that it knows. */
export function surveySingle(station: Station): Survey {
  const { status } = station
  const letter = shortId(status?.replica ?? '')
  const members = (status?.members ?? []).filter((member) => member.replica !== null)
  // A member's own report isn't asked for: it counts as answering, and its link says the rest.
  const stations = [
    { ...station, letter },
    ...members.map((member) => ({ ...station, letter: labelOf(member), status: undefined })),
  ]
  const cables = members.map(({ state }, at) => ({ from: 0, to: at + 1, state: CABLE_OF[state] }))
  const holders = [
    { label: letter, version: versionFromStatus(status?.version ?? {}) },
    ...members.map((member) => {
      return { label: labelOf(member), version: versionFromStatus(member.version) }
    }),
  ]
  const divergence = {
    stable: versionFromStatus(status?.stable ?? {}),
    union: versionFromStatus(status?.union ?? {}),
    entries: status?.divergence ?? 0,
  }
  const labels = new Map(status === undefined ? [] : [[status.replica, letter]])
  const story = tell({ stations, cables, entries: divergence.entries, belief: true })
  const origins = originsOf(divergence.union, labels)
  return { stations, cables, holders, divergence, origins, story }
}

/** Members that are apart are reached by way of others, which is all that the story asks. */
const CABLE_OF = { linked: 'live', cut: 'cut', unreachable: 'broken', apart: 'live' } as const

function labelOf({ replica }: MemberStatus): string {
  return shortId(replica ?? '')
}

/** Enough of a replica id to tell a few apart. */
export function shortId(replica: string): string {
  return replica.slice(0, 6)
}

/** Replicas of the page first, in its order; then others that ever made an entry, by their ids. */
function originsOf(union: Version, labels: ReadonlyMap<string, string>): Origin[] {
  const shown = [...labels.keys()] as ReplicaId[]
  const others = [...union.keys()].filter((replica) => !labels.has(replica)).toSorted()
  return [...shown, ...others].slice(0, ORIGINS_MAX).map((replica, hue) => {
    return { replica, label: labels.get(replica) ?? shortId(replica), hue }
  })
}
