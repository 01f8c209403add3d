import { byId, element, setText } from './dom.ts'
import type { Recording } from './recording.ts'
import { countText } from './times.ts'

/** What run this is, and whether every rule held. */
export function describe(recording: Recording): void {
  const { seed, profile, replicas, clients, latencyMs, faults, violation } = recording
  document.title = `Seed ${seed} · a simulated run of Rejoin`
  setText(byId('seed'), `Seed ${seed}`)
  const facts = [
    countText(replicas.length, 'replica', 'replicas'),
    countText(clients.length, 'client', 'clients'),
    `profile ${profile}`,
    latencyMs > 1 ? `frames take 1–${latencyMs} ms` : 'frames take 1 ms',
  ]
  setText(byId('facts'), facts.join(' · '))
  setText(byId('faults'), faults.length === 0 ? 'none' : faults.join(', '))
  setText(byId('command'), recording.command)
  byId('identity').hidden = profile !== 'identity'
  const isHeld = violation === undefined
  const rule = violation?.rule === '' ? 'An error' : `Rule ${violation?.rule} is broken`
  const verdict = byId('verdict')
  verdict.dataset['held'] = isHeld ? 'yes' : 'no'
  setText(verdict, isHeld ? 'Every rule held' : rule)
}

/** Says what was broken, above everything else. */
export function showViolation(recording: Recording, onPick: () => void): void {
  const { violation } = recording
  if (violation === undefined) return
  const banner = byId('violation')
  const go = element('button', { type: 'button' }, 'Go to that moment')
  go.addEventListener('click', onPick)
  const copy = element('button', { type: 'button' }, 'Copy the replay command')
  copy.addEventListener('click', () => {
    void navigator.clipboard.writeText(violation.replay).then(() => setText(copy, 'Copied'))
  })
  const title = violation.rule === '' ? 'Something threw.' : `Rule ${violation.rule} is broken.`
  banner.append(
    element('h2', {}, title),
    element('p', {}, violation.message),
    element('pre', { tabindex: 0, 'aria-label': 'Replay command' }, violation.replay),
    element('p', { class: 'actions' }, go, copy),
  )
  banner.hidden = false
}
