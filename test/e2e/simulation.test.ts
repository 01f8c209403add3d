import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { until } from '../real/until.ts'
import { openBrowser } from './browser.ts'

const COMMAND = new URL('../../packages/simulator/dist/main.js', import.meta.url).pathname
const DESK = { width: 1_280, height: 800 }
const PHONE = { width: 390, height: 844 }
const REPLICAS = 6

const folder = mkdtempSync(join(tmpdir(), 'rejoin-view-'))
const file = join(folder, 'run.html')

/** A page as a person has it open, and what it complained of or asked the network for. */
class View {
  readonly page: Page
  readonly complaints: string[] = []

  constructor(page: Page) {
    this.page = page
    page.on('pageerror', (error) => this.complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text())
    })
    page.on('request', (request) => {
      if (!/^(?:file|data):/.test(request.url())) this.complaints.push(request.url())
    })
  }

  static async open(path = file, viewport = DESK): Promise<View> {
    const browser = await openBrowser()
    const view = new View(await browser.newPage({ viewport }))
    await view.page.goto(pathToFileURL(path).href)
    return view
  }

  text(selector: string): Promise<string> {
    return this.page.innerText(selector)
  }

  /** The happening that is marked, and when we are, in ms. */
  async current(): Promise<{ text: string; ms: number }> {
    const text = await this.text('#happenings [aria-current] .what')
    const ms = await this.page.evaluate(() => Number(location.hash.replace('#t=', '')))
    return { text, ms }
  }

  /** All happenings that are listed. */
  listed(): Promise<{ text: string; ms: number }[]> {
    return this.page.$$eval('#happenings li:not([hidden])', (rows) => {
      return rows.map((row) => ({
        text: row.querySelector('.what')?.textContent ?? '',
        ms: Math.round(Number(row.querySelector('time')?.textContent) * 1_000),
      }))
    })
  }

  /** The numbers in a row of the table. */
  numbers(row: string): Promise<string[]> {
    return this.page.$$eval(`${row} .seq`, (cells) => cells.map((cell) => cell.textContent ?? ''))
  }
}

describe('the view of a simulated run', () => {
  beforeAll(() => {
    const sizes = ['--replicas', `${REPLICAS}`, '--moments', '120']
    execFileSync(process.execPath, [COMMAND, '--seed', '7', ...sizes, '--view', file])
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('[L6] ends with R = U, for the world and for every replica in it', async () => {
    const view = await View.open()
    await view.page.keyboard.press('End')
    expect(await view.page.getAttribute('#headline', 'data-divergence')).toBe('0')
    const union = await view.numbers('[data-truth="U"]')
    expect(union.length).toBeGreaterThan(2)
    expect(await view.numbers('[data-truth="R"]')).toEqual(union)
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const row = `[data-replica="${name}"]`
      expect(await view.numbers(row)).toEqual(union)
      expect(await view.page.getAttribute(row, 'data-divergence')).toBe('0')
      expect(await view.text(`${row} .knows`)).toBe('sees R = U')
    }
    expect(await view.text('#verdict')).toBe('Every rule held')
    expect(view.complaints).toEqual([])
  })

  test('steps from one happening to the next and back, and frame by frame', async () => {
    const view = await View.open()
    const [first, second] = await view.listed()
    await view.page.keyboard.press('ArrowRight')
    expect(await view.current()).toEqual(first)
    await view.page.keyboard.press('ArrowRight')
    expect(await view.current()).toEqual(second)
    await view.page.click('#previous')
    expect(await view.current()).toEqual(first)
    await view.page.keyboard.press('Home')
    await view.page.keyboard.press('Shift+ArrowRight')
    expect(await view.text('#on-the-way')).toMatch(/hello, I am \w/)
    expect(view.complaints).toEqual([])
  })

  test('goes to where its address says, to a row that is pressed, and to where the slider is put', async () => {
    const view = await View.open()
    const [early, late] = [(await view.listed())[20], (await view.listed()).at(-1)]
    await view.page.evaluate((ms) => (location.hash = `#t=${ms}`), early?.ms)
    await until(async () => (await view.current()).ms === early?.ms, 'it is there')
    expect(await view.text('#now')).toBe(`${((early?.ms ?? 0) / 1_000).toFixed(3)} s`)
    await view.page.fill('#slider', '20000')
    expect(await view.current()).toEqual(late)
    await view.page.click('#happenings li:not([hidden]) >> nth=20')
    expect(await view.current()).toEqual(early)
    await view.page.click('#tour button >> nth=0')
    expect((await view.current()).text).toMatch(/are linked$/)
    expect(await view.text('#meaning')).toContain('hello')
    expect(view.complaints).toEqual([])
  })

  test('plays until it is paused', async () => {
    const view = await View.open()
    await view.page.keyboard.press('Space')
    await until(async () => (await view.text('#now')) > '0.005 s', 'time goes on')
    await view.page.keyboard.press('Space')
    const ms = await view.page.evaluate(() => Number(location.hash.replace('#t=', '')))
    expect(ms).toBeGreaterThanOrEqual(5)
    expect(await view.page.getAttribute('#play', 'aria-label')).toBe('Play')
    expect(view.complaints).toEqual([])
  })

  test('[L6] says above all else which rule was broken, and how it is lived again', async () => {
    const violation = {
      rule: 'L6',
      message: '[L6] a shows R as it is not',
      replay: 'npm run simulate -- --seed 7 --moments 3',
    }
    const page = readFileSync(file, 'utf8')
    const broken = page.replace('"seed":7,', `"seed":7,"violation":${JSON.stringify(violation)},`)
    const path = join(folder, 'broken.html')
    writeFileSync(path, broken)
    const view = await View.open(path)
    expect(await view.text('#verdict')).toBe('Rule L6 is broken')
    expect(await view.text('#violation')).toContain(violation.message)
    expect(await view.text('#violation pre')).toBe(violation.replay)
    expect(await view.text('#detail')).toContain('rule L6 is broken')
    expect(view.complaints).toEqual([])
  })

  test.for([DESK, PHONE])('fits into $width px, and its circles keep apart', async (viewport) => {
    const view = await View.open(file, viewport)
    const [content, window] = await view.page.evaluate(() => {
      return [document.documentElement.scrollWidth, innerWidth]
    })
    expect(content).toBeLessThanOrEqual(window ?? 0)
    const circles = await view.page.$$eval('#stage .replica .rail', (found) => {
      return found.map((circle) => {
        const { x, y, width } = circle.getBoundingClientRect()
        return { x: x + width / 2, y: y + width / 2, radius: width / 2 }
      })
    })
    expect(circles.length).toBeGreaterThanOrEqual(REPLICAS)
    for (const [at, a] of circles.entries()) {
      for (const b of circles.slice(at + 1)) {
        expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(a.radius + b.radius)
      }
    }
    expect(view.complaints).toEqual([])
  })
})
