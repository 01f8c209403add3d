import { drawing } from './dom.ts'
import type { FrameKind } from './recording.ts'

/** What the protocol does with each kind of frame, in one sentence. */
export const FRAME_SENTENCES: Readonly<Record<FrameKind, string>> = {
  hello:
    'The first frame on a link: who I am, in which run of my process. The answer to it accepts the link.',
  members:
    'Everybody I know of and where they can be dialled, so that each finds all others through one; it comes before any have that counts on them.',
  have: 'What is on my disk, and what I know to be on the others’: how R grows, how gaps are noticed, and as a heartbeat every 5 s the sign of life.',
  push: 'The edits themselves: sent on as soon as they are on their origin’s disk, without being asked for.',
  want: 'Asks for the entries that the other side says it has and I lack, a chunk at a time.',
  entries: 'The edits themselves, because somebody asked.',
  behind: 'The answer to a want for entries that have left my log: ask for documents instead.',
  fetch: 'Asks for whole documents: after a behind, or to repair one that is damaged here.',
  documents:
    'Whole documents in bounded pieces; once the last is on disk, the version jumps to what the sender had.',
  forked:
    'You and I hold different entries under one number of yours: your directory was copied or restored, so you must take a new id.',
  presence: 'Who is looking, and where their cursors are: passed on, and never stored.',
  probe: 'Are you there? Every second each asks one of the others, by way of a third if it must.',
  overlay:
    'Who keeps a link to whom, and along which links edits are pushed, once there are many replicas.',
  census: 'Where there are many replicas: what all those that were counted so far have.',
  corrupt:
    'A bit of it was flipped on its way. Its checksum shows that; whoever gets it closes the link.',
}

/** Rings greet, diamonds tell, triangles ask, and what is solid carries something. */
const SHAPES: Readonly<Record<FrameKind, string>> = {
  hello: 'M0-4.6A4.6 4.6 0 1 1 0 4.6 4.6 4.6 0 1 1 0-4.6Z',
  members: 'M-4.3-4.3H4.3V4.3H-4.3Z',
  have: 'M0-6 6 0 0 6-6 0Z',
  behind: 'M0-5.4 5.4 0 0 5.4-5.4 0Z',
  want: 'M0-6 5.8 4.6H-5.8Z',
  fetch: 'M0 6 5.8-4.6H-5.8Z',
  push: 'M0-6A6 6 0 1 1 0 6 6 6 0 1 1 0-6Z',
  entries: 'M0-5A5 5 0 1 1 0 5 5 5 0 1 1 0-5Z',
  documents: 'M-5.4-5.4H5.4V5.4H-5.4Z',
  forked: 'M-5-5 5 5M5-5-5 5',
  presence: 'M0-3.4A3.4 3.4 0 1 1 0 3.4 3.4 3.4 0 1 1 0-3.4Z',
  probe: 'M0-2A2 2 0 1 1 0 2 2 2 0 1 1 0-2Z',
  overlay: 'M-3-3H3V3H-3Z',
  census: 'M0-4.5 4.5 0 0 4.5-4.5 0Z',
  corrupt: 'M-5 4-1.5-4 1.5 4 5-4',
}

/** The mark of a kind, around the point 0 0. */
export function frameMark(kind: FrameKind): SVGPathElement {
  return drawing('path', { class: `mark kind-${kind}`, d: SHAPES[kind] })
}

/** The mark on its own, among text. */
export function frameIcon(kind: FrameKind): SVGSVGElement {
  const attributes = { class: 'icon', viewBox: '-8 -8 16 16', 'aria-hidden': 'true' }
  return drawing('svg', attributes, frameMark(kind))
}
