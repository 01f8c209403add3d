import { svgElement } from './dom.ts'

/** The page's few pictures, drawn on a 16 × 16 grid in the colour of the text around them. */
const PATHS = {
  scissors:
    'M5.6 9.9 13 2.5M5.6 6.1 13 13.5M4 12.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM4 7.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  plug: 'M6 2v3.2M10 2v3.2M4.2 5.2h7.6v2.3a3.8 3.8 0 0 1-7.6 0ZM8 11.3V14',
  unplug: 'M6 2v3.2M10 2v3.2M4.2 5.2h7.6v2.3a3.8 3.8 0 0 1-7.6 0ZM8 11.3V14M2 2l12 12',
  play: 'M4.5 2.8v10.4L13 8Z',
  stop: 'M4 4h8v8H4Z',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M13 3l-1.2 1.2M4.2 11.8 3 13',
  moon: 'M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8Z',
  file: 'M3.5 1.8h5.3L12.5 5.5v8.7h-9ZM8.6 2v3.7h3.7',
} as const

export type IconName = keyof typeof PATHS

export function icon(name: IconName): SVGSVGElement {
  return svgElement(
    'svg',
    { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' },
    svgElement('path', { d: PATHS[name] }),
  )
}
