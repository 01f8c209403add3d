import { loadDemo } from './demo.ts'
import { element } from './dom.ts'
import { Page } from './page.ts'
import { personForm } from './person-form.ts'
import { applyRememberedTheme, themeButton } from './theme.ts'

/** Draws the page and starts it. What goes wrong before there is a page is said in its place. */
async function main(): Promise<void> {
  applyRememberedTheme()
  const demo = await loadDemo(new URL(location.href))
  const region = document.querySelector('#announcer')
  const place = document.querySelector('#page')
  if (region === null || place === null) throw new Error('index.html lacks #page or #announcer')
  const page = new Page(demo, region)
  const { panes, bay, strip, replay } = page
  const stage = element('main', { id: 'stage', class: 'stage', tabindex: '-1' })
  stage.style.setProperty('--panes', String(panes.length))
  stage.dataset['mode'] = demo.mode
  stage.append(...panes.map((pane) => pane.root), ...(panes.length > 1 ? [bay.root] : []))
  place.replaceChildren(header(page), strip.root, stage, replay.root)
  bay.watch(panes.map((pane) => pane.root))
  page.start()
}

function header(page: Page): HTMLElement {
  const introduce = (person: typeof page.person) => {
    for (const pane of page.panes) pane.introduce(person)
  }
  return element(
    'header',
    { class: 'page-header' },
    element('h1', {}, element('span', { class: 'mark', 'aria-hidden': 'true' }), 'Rejoin'),
    page.documentForm.root,
    personForm(page.person, introduce),
    themeButton(),
  )
}

await main()
