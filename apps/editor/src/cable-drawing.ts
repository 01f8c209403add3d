import { place, type Hanging, type Layout, type Point } from './cable-path.ts'
import { svgElement } from './dom.ts'

/** One cable as a picture: whole, or as two loose ends with bare wires, and its two sockets. */
export class CableDrawing {
  readonly root: SVGGElement = svgElement('g', { class: 'cable' })

  /** `loose` draws the two ends of a cut cable over a ghost of the whole one. */
  draw(hanging: Hanging, layout: Layout, loose: boolean): void {
    const parts = loose
      ? [trace(hanging.whole, 'ghost'), ...this.#looseEnds(hanging, layout)]
      : [trace(hanging.whole, 'sheath'), trace(hanging.whole, 'shine')]
    const sockets = [hanging.from, hanging.to].map((at) => socket(layout, at))
    this.root.replaceChildren(...parts, ...sockets)
  }

  #looseEnds({ ends, tips, from, to }: Hanging, layout: Layout): SVGElement[] {
    return ends.map((end, index) => {
      const tip = tips[index] ?? from
      const pivot = place(layout, index === 0 ? from : to)
      const group = svgElement(
        'g',
        { class: 'loose', style: `transform-origin:${pivot[0]}px ${pivot[1]}px` },
        ...wires(layout, tip, index === 0 ? 1 : -1),
        trace(end, 'sheath'),
        trace(end, 'shine'),
      )
      return group
    })
  }
}

function trace(d: string, part: string): SVGPathElement {
  return svgElement('path', { d, class: part })
}

function socket(layout: Layout, at: Point): SVGElement {
  const [x, y] = place(layout, at)
  const [width, height] = layout.column ? [12, 18] : [18, 12]
  const left = layout.column ? x - 1 : x - width / 2
  const top = layout.column ? y - height / 2 : y - 1
  const box = { x: String(left), y: String(top), width: String(width), height: String(height) }
  return svgElement('rect', { ...box, rx: '4', class: 'socket' })
}

/** The bare wires at a torn end, fanned out. */
function wires(layout: Layout, tip: Point, side: 1 | -1): SVGElement[] {
  return [-3, 1, 5].map((spread) => {
    const end = {
      main: tip.main + side * (9 - Math.abs(spread - 1) / 2),
      cross: tip.cross + spread,
    }
    const [x1, y1] = place(layout, tip)
    const [x2, y2] = place(layout, end)
    const line = { x1: String(x1), y1: String(y1), x2: String(x2), y2: String(y2) }
    return svgElement('line', { ...line, class: 'wire' })
  })
}
