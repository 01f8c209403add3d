import { existsSync } from 'node:fs'

import sparticuz from '@sparticuz/chromium'
import { chromium, type Browser } from 'playwright-core'
import { onTestFinished } from 'vitest'

const INSTALLED = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/**
 * A headless Chromium: on Linux the one that comes from the npm registry, elsewhere the Chrome that
 * is installed; CHROME names another. It ends with the test.
 */
export async function openBrowser(): Promise<Browser> {
  const executablePath = await findChromium()
  const args = [...sparticuz.args, '--disable-background-networking', '--disable-component-update']
  const browser = await chromium.launch({ executablePath, args, headless: true })
  onTestFinished(() => browser.close())
  return browser
}

async function findChromium(): Promise<string> {
  const given = process.env['CHROME']
  if (given !== undefined) return given
  if (process.platform === 'linux') return await sparticuz.executablePath()
  const found = INSTALLED.find((path) => existsSync(path))
  if (found === undefined) throw new Error('No Chrome was found; name one: CHROME=/path/to/chrome.')
  return found
}
