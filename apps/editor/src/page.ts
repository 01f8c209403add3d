import { countBeyond, EMPTY_VERSION, type Version } from '@rejoin/protocol'

import { Announcer } from './announcer.ts'
import { CableBay } from './cable-bay.ts'
import type { Demo } from './demo.ts'
import { documentOf, goToDocument } from './document-address.ts'
import { DocumentForm } from './document-form.ts'
import { cablesOf, type Cable, type Station } from './network.ts'
import { Pane } from './pane.ts'
import { loadPerson, type Person } from './person.ts'
import { ReplayBar } from './replay-bar.ts'
import { ReplicaLink } from './replica-link.ts'
import { Strip } from './strip.ts'
import { surveySingle, surveyStudio, type Survey } from './survey.ts'
import { arrivals } from './traffic.ts'

/**
 * The page's parts and how they hear of each other. Facts go one way, from the replicas' answers
 * through one survey to all that is drawn; what a person does goes the other way, to a replica, and
 * is seen once its answer shows it.
 */
const LETTERS = ['A', 'B', 'C', 'D', 'E'] as const
const INVITATIONS = ['Type here…', '…or here…', '…or here, all at the same time.'] as const

export class Page {
  readonly strip: Strip = new Strip()
  readonly panes: readonly Pane[]
  readonly bay: CableBay
  readonly replay: ReplayBar
  readonly documentForm: DocumentForm
  readonly person: Person = loadPerson()
  readonly #studio: boolean
  readonly #links: readonly ReplicaLink[]
  readonly #announcer: Announcer
  #versions: readonly Version[] = []

  constructor(demo: Demo, liveRegion: Element) {
    this.#studio = demo.mode === 'studio'
    this.#announcer = new Announcer(liveRegion)
    this.#links = demo.replicas.map((address) => new ReplicaLink(address, () => this.#draw()))
    this.panes = demo.replicas.map((address, place) => this.#newPane(address, place))
    this.bay = new CableBay({
      letters: this.panes.map((pane) => pane.letter),
      pressed: (from, to, verb) => void this.#turn(from, to, verb),
    })
    this.documentForm = new DocumentForm((name) => this.open(name))
    this.replay = new ReplayBar({
      traces: demo.traces,
      panes: this.panes,
      openFresh: (recording) => this.#openFresh(recording),
    })
  }

  /** Opens the document that the address names, and begins to ask the replicas. */
  start(): void {
    this.#show(documentOf(new URL(location.href)))
    addEventListener('popstate', () => this.#show(documentOf(new URL(location.href))))
    for (const link of this.#links) link.start()
  }

  open(name: string): void {
    goToDocument(name)
    this.#show(name)
  }

  #show(name: string): void {
    this.replay.stop()
    this.documentForm.show(name)
    document.title = `${name} · Rejoin`
    for (const pane of this.panes) pane.open(name)
  }

  #openFresh(recording: string): string {
    const name = `${recording} ${new Date().toLocaleTimeString('en-GB')}`
    this.open(name)
    return name
  }

  #newPane(address: string, place: number): Pane {
    return new Pane({
      letter: LETTERS[place] ?? '?',
      address,
      hue: place,
      studio: this.#studio,
      invitation: this.#studio ? (INVITATIONS[place] ?? '') : 'Type here…',
      person: this.person,
      toggled: () => void this.#toggle(place),
    })
  }

  /** Waits until every replica was asked once: before, the page would tell of silence. */
  #draw(): void {
    if (this.#links.some((link) => !link.asked)) return
    const stations = this.#stations()
    const [first] = stations
    if (first === undefined) return
    const survey = this.#studio ? surveyStudio(stations) : surveySingle(first)
    this.strip.show(survey)
    this.#announcer.hear(survey.story)
    if (this.#studio) this.bay.show(survey.cables, this.#refusal())
    for (const place of this.panes.keys()) this.#drawPane(place, survey)
    if (this.#studio) this.#drawTraffic(survey)
  }

  #drawPane(place: number, { holders, divergence, cables }: Survey): void {
    const link = this.#links[place]
    const version = holders[place]?.version ?? EMPTY_VERSION
    this.panes[place]?.show({
      replica: link?.status?.replica,
      plugged: this.#studio ? isPlugged(place, cables) : undefined,
      switchable: link?.answering === true && this.#refusal() === undefined,
      lacks: countBeyond(divergence.union, version),
    })
  }

  #drawTraffic({ stations, holders }: Survey): void {
    const versions = holders.map((holder) => holder.version)
    const origins = stations.map(({ status }) => status?.replica)
    for (const { from, to } of arrivals(origins, this.#versions, versions)) {
      this.bay.spark(from, to, from)
    }
    this.#versions = versions
  }

  #stations(): Station[] {
    return this.#links.map(({ address, status, answering }, place) => {
      return { letter: LETTERS[place] ?? '?', address, status, answering }
    })
  }

  #refusal(): string | undefined {
    return this.#links.find((link) => link.refusal !== undefined)?.refusal
  }

  /** A cut needs one end, whichever answers; a mend needs both. */
  async #turn(from: number, to: number, verb: 'cut' | 'mend'): Promise<void> {
    const ends = [this.#links[from], this.#links[to]].filter((link) => link !== undefined)
    const answering = ends.filter((link) => link.answering)
    const asked = verb === 'cut' ? answering.slice(0, 1) : ends
    await Promise.all(
      asked.map(async (link) => {
        const peer = ends.find((other) => other !== link)?.status?.replica
        if (peer !== undefined) await link.command(verb, peer)
      }),
    )
  }

  async #toggle(place: number): Promise<void> {
    const verb = isPlugged(place, cablesOf(this.#stations())) ? 'cut' : 'mend'
    const others = [...this.#links.keys()].filter((other) => other !== place)
    await Promise.all(others.map((other) => this.#turn(place, other, verb)))
  }
}

/** A replica is unplugged when all its cables are cut. */
function isPlugged(place: number, cables: readonly Cable[]): boolean {
  const own = cables.filter(({ from, to }) => from === place || to === place)
  return own.length === 0 || own.some((cable) => cable.state !== 'cut')
}
