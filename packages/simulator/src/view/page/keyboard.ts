import type { HappeningsList } from './happenings-list.ts'
import type { Player } from './player.ts'

/** Space plays, arrows step; what has the focus and needs these keys itself keeps them. */
export function listenToKeys(player: Player, happenings: HappeningsList): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const target = event.target as Element
    if (target.matches('select')) return
    if (event.key === ' ' && target.matches('button, a, [type=checkbox]')) return
    if (act(event, player, happenings)) event.preventDefault()
  })
}

/** Whether the key meant something. */
function act(event: KeyboardEvent, player: Player, happenings: HappeningsList): boolean {
  const step = (by: 1 | -1): void => {
    if (event.shiftKey) player.step(by)
    else happenings.step(by, player.ms)
  }
  const isInList = (event.target as Element).closest('#happenings') !== null
  switch (event.key) {
    case ' ':
      player.toggle()
      return true
    case 'ArrowLeft':
      step(-1)
      return true
    case 'ArrowRight':
      step(1)
      return true
    case 'ArrowUp':
    case 'ArrowDown':
      if (isInList) step(event.key === 'ArrowUp' ? -1 : 1)
      return isInList
    case 'Home':
      player.stopAt(0)
      return true
    case 'End':
      player.stopAt(Number.POSITIVE_INFINITY)
      return true
    default:
      return false
  }
}
