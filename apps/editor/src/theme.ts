import { element, setAttribute } from './dom.ts'
import { icon } from './icon.ts'

/**
 * Dark or light: the system's wish until the button is used, then the choice, which is remembered.
 * The choice is the root's `data-theme`; the colours follow from it in CSS.
 */
type Theme = 'dark' | 'light'

const KEY = 'rejoin.theme'

/** Call before anything is drawn, or the page flashes in the wrong colours. */
export function applyRememberedTheme(): void {
  const theme = remembered()
  if (theme !== undefined) document.documentElement.dataset['theme'] = theme
}

export function themeButton(): HTMLButtonElement {
  const button = element('button', {
    type: 'button',
    class: 'icon-button',
    'data-theme-toggle': '',
  })
  const show = () => {
    const next = shown() === 'dark' ? 'light' : 'dark'
    setAttribute(button, 'aria-label', `Switch to the ${next} theme`)
    setAttribute(button, 'title', `Switch to the ${next} theme`)
    button.replaceChildren(icon(next === 'dark' ? 'moon' : 'sun'))
  }
  button.addEventListener('click', () => {
    choose(shown() === 'dark' ? 'light' : 'dark')
    show()
  })
  systemWish().addEventListener('change', show)
  show()
  return button
}

function systemWish(): MediaQueryList {
  return matchMedia('(prefers-color-scheme: dark)')
}

function shown(): Theme {
  const chosen = document.documentElement.dataset['theme']
  if (chosen === 'dark' || chosen === 'light') return chosen
  return systemWish().matches ? 'dark' : 'light'
}

function choose(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

function remembered(): Theme | undefined {
  try {
    const stored = localStorage.getItem(KEY)
    return stored === 'dark' || stored === 'light' ? stored : undefined
  } catch {
    return undefined
  }
}
