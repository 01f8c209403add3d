import type { RejectionCode, ReplicaId } from '@rejoin/protocol'

import { AntiEntropy } from './anti-entropy.ts'
import { Asking } from './asking.ts'
import { Beliefs } from './beliefs.ts'
import { CATCH_UP_NOTE, CatchUp } from './catch-up.ts'
import { Census } from './census.ts'
import { Chance } from './chance.ts'
import { Disputes } from './disputes.ts'
import { DocumentsServing } from './documents-serving.ts'
import type { Emit } from './events.ts'
import { FailureDetection } from './failure-detection.ts'
import { FlatTree } from './flat-tree.ts'
import type { GossipOptions } from './gossip-options.ts'
import { Greeting } from './greeting.ts'
import { Incoming } from './incoming.ts'
import type { LinkState, OpenLink } from './link.ts'
import { Links } from './links.ts'
import { Membership } from './membership.ts'
import { Overlay, type Shape } from './overlay.ts'
import { Pace } from './pace.ts'
import { Parent } from './parent.ts'
import { Plumtree } from './plumtree.ts'
import { Repairs } from './repairs.ts'
import { Roster } from './roster.ts'
import { RoundTrips } from './round-trips.ts'
import { Serving } from './serving.ts'
import { Star } from './star.ts'
import { UserMessages } from './user-messages.ts'

/** What the parts tell the whole. */
export interface Hooks {
  readonly emit: Emit
  readonly onAgreed: (link: OpenLink) => void
  readonly onEnd: (link: LinkState, code: RejectionCode | undefined) => void
  /** This replica's id is not its own any more. */
  readonly onLost: (code: 'retired' | 'id-in-use') => void
}

/** Who is there, and how they are reached. */
interface People {
  readonly membership: Membership
  readonly links: Links
  readonly overlay: Overlay
  readonly roster: Roster
  readonly roundTrips: RoundTrips
  readonly detection: FailureDetection
  readonly greeting: Greeting
  readonly census: Census
  readonly beliefs: Beliefs
}

/** What they exchange. */
interface Exchange {
  readonly tree: FlatTree
  readonly star: Star
  readonly broadcast: Plumtree
  readonly catchUp: CatchUp
  readonly antiEntropy: AntiEntropy
  readonly documents: DocumentsServing
  readonly repairs: Repairs
  readonly disputes: Disputes
  readonly serving: Serving
  readonly messages: UserMessages
}

export interface Parts extends People, Exchange {
  readonly incoming: Incoming
}

/** Puts the parts of gossip together. */
export function partsOf(options: GossipOptions, hooks: Hooks): Parts {
  const people = peopleOf(options, hooks)
  const exchange = exchangeOf(options, people, hooks)
  const parts = { ...people, ...exchange }
  return { ...parts, incoming: new Incoming({ ...parts, emit: hooks.emit }) }
}

function peopleOf(options: GossipOptions, { emit, onAgreed, onEnd, onLost }: Hooks): People {
  const { self, run, address, tags, log, members, lifeguard = true } = options
  const chance = new Chance(options.seed)
  const roundTrips = new RoundTrips()
  const membership = new Membership({ self, address, tags, known: members, emit })
  const links: Links = new Links({
    self,
    run,
    membership,
    summary: (to) => greeting.summary(to),
    admits: (wish) => overlay.admits(wish),
    onRefusal: (link, hello) => greeting.refused(link, hello),
    emit,
    onEnd,
  })
  const overlay = new Overlay({
    ...options,
    links,
    membership,
    chance,
    emit,
  })
  const unmet = (): string[] => overlay.unmet()
  const roster = new Roster({ links, membership, unmet, emit, onAgreed })
  const { dialling } = overlay
  const detecting = { self, links, membership, roster, dialling, roundTrips, chance, emit }
  const shape = (): Shape => overlay.shape
  const detection = new FailureDetection({ ...detecting, shape, lifeguard })
  const census = new Census({ self, links, membership, log, emit })
  const known = { self, links, membership, overlay, roster, detection, census }
  const onCopy = (): void => onLost('id-in-use')
  const greeting: Greeting = new Greeting({ ...known, run, log, emit, onCopy })
  const beliefs = new Beliefs({ ...known, onRetired: () => onLost('retired') })
  return { ...known, roundTrips, greeting, beliefs }
}

function exchangeOf(options: GossipOptions, people: People, { emit }: Hooks): Exchange {
  const { self, run, log, notes } = options
  const { links, membership, overlay, roster, roundTrips } = people
  const pace = new Pace(roundTrips, links)
  const parent = new Parent(emit)
  const onMoved = (): void => antiEntropy.changed()
  const isGone = (replica: ReplicaId): boolean => membership.isGone(replica)
  const tree = new FlatTree({ self, links, roundTrips, parent, isGone, onMoved })
  const shape = (): Shape => overlay.shape
  const isOn = (): boolean => overlay.shape === 'star'
  const star = new Star({ self, links, membership, parent, isOn })
  const broadcast = new Plumtree({ self, links, log, pace, tree, parent, shape, emit })
  const catchUp = new CatchUp({ links, log, emit, note: notes.get(CATCH_UP_NOTE) })
  const asking = new Asking({ links, log, emit })
  const exchanging = { self, links, membership, roster, broadcast, tree, log, pace, emit }
  const antiEntropy: AntiEntropy = new AntiEntropy({ ...exchanging, catchUp, asking })
  const documents = new DocumentsServing({ log, emit })
  const repairs = new Repairs({ links, emit })
  const disputes = new Disputes({ self, links, membership, log, emit })
  const serving = new Serving({ links, log, broadcast, emit })
  const messages = new UserMessages({ self, run, star, emit })
  return {
    tree,
    star,
    broadcast,
    catchUp,
    antiEntropy,
    documents,
    repairs,
    disputes,
    serving,
    messages,
  }
}
