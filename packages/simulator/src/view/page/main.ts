import { anchoredMs, anchorTo } from './anchor.ts'
import { byId, byTag, setText } from './dom.ts'
import { FrameLegend } from './frame-legend.ts'
import { HappeningsList } from './happenings-list.ts'
import { Headline } from './headline.ts'
import { listenToKeys } from './keyboard.ts'
import { describe, showViolation } from './masthead.ts'
import { OnTheWay } from './on-the-way.ts'
import { Player } from './player.ts'
import type { Recording } from './recording.ts'
import { Run } from './run.ts'
import { Scale } from './scale.ts'
import { Stage } from './stage.ts'
import { drawStrip } from './strip.ts'
import { secondsText } from './times.ts'
import { tourOf } from './tour.ts'
import { Transport } from './transport.ts'
import { VersionsTable } from './versions-table.ts'

const recording = JSON.parse(byId('recording').textContent ?? '') as Recording
const run = new Run(recording)
const { endMs, faultsEndMs } = recording
const player = new Player({ endMs, moments: run.moments, onChange: show })
const scale = new Scale(faultsEndMs, endMs)

const happenings = new HappeningsList({
  list: byId('happenings'),
  filters: byId('filters'),
  meaning: byId('meaning'),
  run,
  onPick: (ms) => player.stopAt(ms),
})
const transport = new Transport(player, scale)
const legend = new FrameLegend({ chips: byId('chips'), list: byId('frames') }, run.flights, show)
const onTheWay = new OnTheWay(
  { list: byId('on-the-way'), count: byId('on-the-way-count') },
  recording,
  run.flights,
)
const headline = new Headline(
  {
    node: byId('headline'),
    sentence: byId('sentence'),
    detail: byId('detail'),
    time: byId('moment'),
  },
  run,
)
const table = new VersionsTable(byTag('table', 'versions'), run)
const stage = new Stage(byTag('svg', 'stage'), run, show)

/** Shows the moment that the player is at. */
function show(): void {
  const { ms, isPlaying } = player
  const flights = legend.visible(run.flights.at(ms))
  const current = happenings.show(ms)
  stage.show(ms, flights, current?.ms === ms ? current.places : [])
  onTheWay.show(ms, flights)
  headline.show(ms)
  table.show(ms)
  transport.show()
  if (isPlaying) return
  setText(byId('announcer'), current === undefined ? '' : `${secondsText(ms)}: ${current.text}`)
  anchorTo(ms)
}

function goToAnchor(): void {
  const ms = anchoredMs()
  if (ms !== undefined && ms !== Math.round(player.ms)) player.stopAt(ms)
}

describe(recording)
showViolation(recording, () => player.stopAt(endMs))
transport.offerSpeeds(recording.latencyMs)
drawStrip(byTag('svg', 'strip'), byId('labels'), run, scale)
tourOf(byId('tour'), run, (happening) => {
  happenings.pick(happening)
  byId('picture').scrollIntoView({ block: 'nearest' })
})
byId('previous').addEventListener('click', () => happenings.step(-1, player.ms))
byId('next').addEventListener('click', () => happenings.step(1, player.ms))
listenToKeys(player, happenings)
addEventListener('hashchange', goToAnchor)
player.stopAt(anchoredMs() ?? (recording.violation === undefined ? 0 : endMs))
