import { complaintAbout } from './document-address.ts'
import { element } from './dom.ts'

/** Shows the document's name, and opens another when one is entered. */
export class DocumentForm {
  readonly root: HTMLElement
  readonly #input = element('input', {
    id: 'document-name',
    type: 'text',
    autocomplete: 'off',
    spellcheck: 'false',
    title: 'Enter another name to open another document',
  })
  #name = ''

  constructor(chosen: (name: string) => void) {
    const label = element('label', { for: this.#input.id }, 'Document')
    const form = element('form', { class: 'document-form' }, label, this.#input)
    const submit = () => {
      const name = this.#input.value.trim()
      if (name === this.#name) return
      const complaint = complaintAbout(name)
      this.#input.setCustomValidity(complaint ?? '')
      if (complaint === undefined) chosen(name)
      else this.#input.reportValidity()
    }
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      submit()
    })
    this.#input.addEventListener('change', submit)
    this.#input.addEventListener('input', () => {
      this.#input.setCustomValidity('')
      this.#fit()
    })
    this.root = form
  }

  show(name: string): void {
    this.#name = name
    this.#input.value = name
    this.#fit()
  }

  #fit(): void {
    this.#input.style.setProperty('--characters', String(this.#input.value.length))
  }
}
