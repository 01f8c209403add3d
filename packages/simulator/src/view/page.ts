import { readFileSync } from 'node:fs'

import { oneScript } from './modules.ts'
import type { Recording } from './page/recording.ts'

/** The template and the style are as they are written; the scripts as they were compiled. */
const WRITTEN = new URL('../../src/view/page/', import.meta.url)
const COMPILED = new URL('../../dist/view/page/', import.meta.url)

/** In the order in which one may take back what another says. */
const STYLES = [
  'tokens',
  'page',
  'stage',
  'on-the-way',
  'versions',
  'happenings',
  'transport',
  'learn',
  'narrow',
]

/** A run as one HTML file that needs nothing else. */
export function pageOf(recording: Recording): string {
  const template = readFileSync(new URL('index.html', WRITTEN), 'utf8')
  const parts: Readonly<Record<string, string>> = {
    style: STYLES.map((name) => {
      return readFileSync(new URL(`style/${name}.css`, WRITTEN), 'utf8')
    }).join('\n'),
    script: oneScript(COMPILED, 'main'),
    // Nothing in a text can end the element that it is in.
    recording: JSON.stringify(recording).replaceAll('<', String.raw`\u003c`),
  }
  return template.replaceAll(/\/\* (style|script|recording) \*\//g, (_, part: string) => {
    return parts[part] ?? ''
  })
}
