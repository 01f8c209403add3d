import { element } from './dom.ts'
import { EXPLANATIONS } from './explanations.ts'
import type { HappeningKind } from './recording.ts'
import type { Happening, Run } from './run.ts'
import { secondsText } from './times.ts'

/** What somebody should see once, in the order in which it is best understood. */
const STOPS: readonly (readonly [HappeningKind, string])[] = [
  ['linked', 'Two replicas meet'],
  ['typed', 'Somebody types'],
  ['stored', 'An entry becomes durable'],
  ['told', 'Its author is told'],
  ['parted', 'Two are parted'],
  ['held-up', 'One is heard no more'],
  ['mute', 'A link is half-open'],
  ['crashed', 'A replica crashes'],
  ['still', 'A replica stands still'],
  ['disk-fails', 'A disk is full'],
  ['damaged', 'A document rots'],
  ['repaired', 'It is repaired'],
  ['trimmed', 'A log forgets'],
  ['brought-up', 'One is too far behind'],
  ['replaced', 'A backup is put back'],
  ['copied', 'A directory is copied'],
  ['renewed', 'An id is given up'],
  ['core', 'Only some are well'],
  ['faults-end', 'The faults end'],
  ['equal', 'R has reached U'],
  ['known-equal', 'And everybody knows'],
]

/** The first of each kind in this run, to be jumped to, with what it means. */
export function tourOf(list: HTMLElement, run: Run, onPick: (happening: Happening) => void): void {
  for (const [kind, title] of STOPS) {
    const first = run.happenings.find((happening) => happening.kind === kind)
    if (first === undefined) continue
    const button = element('button', { type: 'button' }, `${title} `)
    button.append(element('time', {}, secondsText(first.ms)))
    button.addEventListener('click', () => onPick(first))
    const said = element('b', {}, `${first.text}. `)
    list.append(element('li', {}, button, element('p', {}, said, EXPLANATIONS[kind].meaning)))
  }
}
