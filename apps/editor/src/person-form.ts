import { element, setText } from './dom.ts'
import { COLORS, NAME_LENGTH_MAX, savePerson, tidyName, type Person } from './person.ts'

/** Shows who this browser says it is, and lets one change the name and the colour. */
export function personForm(first: Person, changed: (person: Person) => void): HTMLElement {
  let person = first
  const dot = element('span', { class: 'dot', 'aria-hidden': 'true' })
  const shownName = element('span')
  const button = element('button', { type: 'button', class: 'person-button' }, dot, shownName)
  const show = () => {
    dot.style.background = person.color
    setText(shownName, person.name)
    button.setAttribute('aria-label', `${person.name}: change your name and colour`)
  }
  const change = (to: Partial<Person>) => {
    person = { ...person, ...to }
    savePerson(person)
    show()
    changed(person)
  }
  const panel = element('form', { id: 'person-panel', popover: 'auto', class: 'person-panel' })
  panel.append(nameField(person, change), colorField(person, change))
  panel.addEventListener('submit', (event) => {
    event.preventDefault()
    panel.hidePopover()
  })
  button.setAttribute('popovertarget', panel.id)
  show()
  return element('div', { class: 'person' }, button, panel)
}

type Change = (to: Partial<Person>) => void

function nameField(person: Person, change: Change): HTMLElement {
  const input = element('input', {
    type: 'text',
    value: person.name,
    maxlength: String(NAME_LENGTH_MAX),
    autocomplete: 'nickname',
  })
  input.addEventListener('input', () => change({ name: tidyName(input.value, person.name) }))
  return element('label', {}, 'Your name, as others see it', input)
}

function colorField(person: Person, change: Change): HTMLElement {
  const swatches = COLORS.map((color, index) => {
    const input = element('input', { type: 'radio', name: 'color', value: color })
    input.setAttribute('aria-label', `Colour ${index + 1} of ${COLORS.length}`)
    input.checked = color === person.color
    input.style.setProperty('--swatch', color)
    input.addEventListener('change', () => change({ color }))
    return input
  })
  return element('fieldset', {}, element('legend', {}, 'Your colour'), ...swatches)
}
