import { element, setAttribute } from './dom.ts'
import { GROUPS, type Group } from './explanations.ts'

const NAMES: Readonly<Record<Group, string>> = {
  faults: 'Faults',
  ids: 'Ids',
  disks: 'Disks',
  links: 'Links',
  clients: 'Clients',
  rules: 'Rules',
}

/** A button for each group of happenings, which hides it; what is about rules is always shown. */
export class GroupFilters {
  readonly #hidden = new Set<Group>(['links', 'clients'])
  readonly #buttons = new Map<Group, HTMLElement>()
  readonly #onChange: () => void

  constructor(node: HTMLElement, countOf: (group: Group) => number, onChange: () => void) {
    this.#onChange = onChange
    for (const group of GROUPS) {
      if (group === 'rules' || countOf(group) === 0) continue
      const button = element('button', { type: 'button', class: `chip group-${group}` })
      button.append(NAMES[group], element('small', {}, ` ${countOf(group)}`))
      setAttribute(button, 'aria-pressed', `${this.shows(group)}`)
      button.addEventListener('click', () => this.#turn(group, !this.shows(group)))
      this.#buttons.set(group, button)
      node.append(button)
    }
  }

  shows(group: Group): boolean {
    return !this.#hidden.has(group)
  }

  /** Shows a group that is hidden. */
  unhide(group: Group): void {
    if (!this.shows(group)) this.#turn(group, true)
  }

  #turn(group: Group, isShown: boolean): void {
    if (isShown) this.#hidden.delete(group)
    else this.#hidden.add(group)
    const button = this.#buttons.get(group)
    if (button !== undefined) setAttribute(button, 'aria-pressed', `${isShown}`)
    this.#onChange()
  }
}
