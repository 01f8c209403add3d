import { drawing, setAll, element } from './dom.ts'
import { EXPLANATIONS } from './explanations.ts'
import type { Run } from './run.ts'
import type { Scale } from './scale.ts'

const [WIDTH, HEIGHT] = [1_000, 40]
/** Room for a label, in px. */
const LABEL = 34
/** The row of marks for faults, at the bottom. */
const MARKS = 7

/** The whole run at a glance: how many entries were not everywhere, and when there were faults. */
export function drawStrip(svg: SVGSVGElement, labels: HTMLElement, run: Run, scale: Scale): void {
  const x = (ms: number): number => scale.partOf(ms) * WIDTH
  setAll(svg, { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none' })
  const peace = { class: 'peace', x: x(scale.kneeMs), y: 0, width: WIDTH, height: HEIGHT }
  svg.append(drawing('rect', peace), divergence(run, x), ...marks(run, x))
  for (const ms of scale.labels(Math.max(0.07, LABEL / svg.clientWidth))) {
    const label = element('span', {}, `${ms / 1_000} s`)
    label.style.left = `${scale.partOf(ms) * 100}%`
    labels.append(label)
  }
}

function divergence(run: Run, x: (ms: number) => number): SVGPathElement {
  const floor = HEIGHT - MARKS
  const highest = Math.max(1, ...run.truths.times.map((ms) => run.truthAt(ms).apart))
  // By its root, so that a few entries can be seen beside many.
  const y = (apart: number): string => (floor - Math.sqrt(apart / highest) * (floor - 3)).toFixed(1)
  const steps = run.truths.times.map((ms) => `H${x(ms).toFixed(2)}V${y(run.truthAt(ms).apart)}`)
  return drawing('path', {
    class: 'divergence',
    d: `M0 ${floor}${steps.join('')}H${WIDTH}V${floor}Z`,
  })
}

function marks(run: Run, x: (ms: number) => number): SVGElement[] {
  const faults = run.happenings.filter(({ kind }) => {
    const { group } = EXPLANATIONS[kind]
    return group === 'faults' || group === 'ids' || kind === 'violation'
  })
  return faults.map(({ ms, kind }) => {
    const isBroken = kind === 'violation'
    const d = `M${x(ms).toFixed(2)} ${isBroken ? 0 : HEIGHT - MARKS + 1}V${HEIGHT}`
    const rank = isBroken ? 'broken' : `group-${EXPLANATIONS[kind].group}`
    return drawing('path', { class: `fault ${rank}`, d })
  })
}
