import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'

import { until } from '../real/until.ts'
import { openBrowser } from './browser.ts'
import { newDemo } from './demo.ts'

const LETTERS = ['A', 'B', 'C'] as const
type Letter = (typeof LETTERS)[number]

/** The page as a person uses it: by what can be seen, pressed and typed into. */
class Studio {
  readonly page: Page
  /** What the page threw, or complained of. */
  readonly complaints: string[] = []

  constructor(page: Page) {
    this.page = page
    page.on('pageerror', (error) => this.complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text())
    })
  }

  async open(url: string, panes: readonly Letter[] = LETTERS): Promise<void> {
    await this.page.goto(url)
    for (const pane of panes) await this.page.waitForSelector(`[data-pane="${pane}"] .cm-content`)
  }

  async type(pane: Letter, text: string): Promise<void> {
    await this.page.click(`[data-pane="${pane}"] .cm-content`)
    await this.page.keyboard.press('Control+End')
    await this.page.keyboard.type(text)
  }

  async text(pane: Letter): Promise<string> {
    const lines = await this.page.$$eval(`[data-pane="${pane}"] .cm-line`, (found) =>
      found.map((line) => {
        const copy = line.cloneNode(true) as HTMLElement
        for (const extra of copy.querySelectorAll('.cm-ySelectionCaret, .cm-placeholder'))
          extra.remove()
        return copy.textContent ?? ''
      }),
    )
    return lines.join('\n').replaceAll('\u2060', '')
  }

  async whenText(pane: Letter, expected: string): Promise<void> {
    let last = ''
    const isThere = async (): Promise<boolean> => (last = await this.text(pane)) === expected
    await until(isThere, `pane ${pane} reads ${expected}`, 15_000).catch((error: Error) => {
      throw new Error(`${error.message}; it reads ${last}`)
    })
  }

  cableState(cable: string): Promise<string | null> {
    return this.page.getAttribute(`button[data-cable="${cable}"]`, 'data-state')
  }

  async whenCable(cable: string, state: 'live' | 'cut' | 'broken'): Promise<void> {
    await until(async () => (await this.cableState(cable)) === state, `cable ${cable} is ${state}`)
  }

  async divergence(): Promise<number> {
    return Number(await this.page.getAttribute('[data-strip]', 'data-divergence'))
  }
}

describe('the editor, as npm start serves it', () => {
  test('[L6] type, cut, type on both sides, mend: the panes differ, and become equal', async () => {
    const demo = await newDemo()
    await demo.start()
    const browser = await openBrowser()
    const studio = new Studio(await browser.newPage({ viewport: { width: 1_440, height: 900 } }))
    await studio.open(`${demo.url}/?document=one`)
    for (const cable of ['A-B', 'B-C', 'A-C']) await studio.whenCable(cable, 'live')

    await studio.type('A', 'Hello')
    for (const pane of LETTERS) await studio.whenText(pane, 'Hello')
    await until(async () => (await studio.divergence()) === 0, 'everybody has everything')

    await studio.page.click('button[data-unplug="A"]')
    await studio.whenCable('A-B', 'cut')
    await studio.whenCable('A-C', 'cut')
    await studio.type('A', ' from a')
    await studio.type('B', ' and b')
    await studio.whenText('C', 'Hello and b')
    await until(async () => (await studio.divergence()) > 0, 'the strip shows that they differ')
    expect(await studio.text('A')).toBe('Hello from a')
    expect(await studio.cableState('B-C')).toBe('live')

    await studio.page.click('button[data-unplug="A"]')
    for (const cable of ['A-B', 'A-C']) await studio.whenCable(cable, 'live')
    await until(async () => (await studio.text('A')) === (await studio.text('B')), 'equal', 15_000)
    const rejoined = await studio.text('A')
    // Both insertions, whole, in the order that Yjs gives them.
    expect(['Hello from a and b', 'Hello and b from a']).toContain(rejoined)
    await studio.whenText('C', rejoined)
    await until(async () => (await studio.divergence()) === 0, 'everybody has everything again')
    expect(studio.complaints).toEqual([])
  })

  test('[L6] one cut cable: the edits go round it, through the third', async () => {
    const demo = await newDemo()
    await demo.start()
    const browser = await openBrowser()
    const studio = new Studio(await browser.newPage())
    await studio.open(`${demo.url}/?document=two`)
    await studio.whenCable('A-B', 'live')
    // By keyboard alone.
    await studio.page.focus('button[data-cable="A-B"]')
    await studio.page.keyboard.press('Enter')
    await studio.whenCable('A-B', 'cut')
    await studio.type('A', 'round')
    await studio.whenText('B', 'round')
    expect(await studio.cableState('A-B')).toBe('cut')
  })

  test('[S1] three windows, one a replica; and after Ctrl-C and a new start it is all there', async () => {
    const demo = await newDemo()
    await demo.start()
    const browser = await openBrowser()
    const windows = await Promise.all(
      [0, 1, 2].map(async (index) => {
        const studio = new Studio(await browser.newPage({ viewport: { width: 390, height: 800 } }))
        await studio.open(`${demo.replicaUrl(index)}/?document=three`, [])
        await studio.page.waitForSelector('.cm-content')
        return studio
      }),
    )
    const [first, , third] = windows as [Studio, Studio, Studio]
    await first.page.click('.cm-content')
    await first.page.keyboard.type('kept')
    await third.page.waitForFunction(() =>
      document.querySelector('.cm-content')?.textContent.includes('kept'),
    )
    // Nothing is wider than a phone.
    for (const { page } of windows) {
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
        390,
      )
    }
    await first.page.waitForFunction(() => !/saving/i.test(document.body.textContent ?? ''))
    expect(await demo.stop()).toBe(0)
    await demo.start()
    const later = new Studio(await browser.newPage())
    await later.open(`${demo.url}/?document=three`)
    for (const pane of LETTERS) await later.whenText(pane, 'kept')
  })
})

describe('npm start', () => {
  test('says in one line that a port is taken', async () => {
    const demo = await newDemo()
    await demo.start()
    const second = await newDemo()
    const started = second.start({ REJOIN_DEMO_PORT: `${demo.port}` })
    await expect(started).rejects.toThrow(new RegExp(`^Port ${demo.port + 1} [^\\n]*\\n$`))
  })

  test('says in one line that another process holds a directory', async () => {
    const demo = await newDemo()
    await demo.start()
    const second = await newDemo()
    const started = second.start({ REJOIN_DEMO_DATA: demo.directory })
    await expect(started).rejects.toThrow(/in use by another process[^\n]*\n$/)
  })

  test('says in one line that the recordings are in no directory', async () => {
    const demo = await newDemo()
    const started = demo.start({ REJOIN_TRACES: '/dev/null' })
    await expect(started).rejects.toThrow(/^\/dev\/null can't be read \(ENOTDIR\)[^\n]*\n$/)
  })

  test('keeps to this machine, whatever is set for a replica that is a service', async () => {
    const demo = await newDemo()
    await demo.start({ REJOIN_HOST: '0.0.0.0', REJOIN_ADVERTISE: 'ws://192.0.2.1:7001' })
    const response = await fetch(`${demo.replicaUrl(0)}/status`)
    expect(await response.json()).toMatchObject({ address: `ws://127.0.0.1:${demo.port + 1}` })
  })
})
