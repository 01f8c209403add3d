import { writeFileSync } from 'node:fs'

import type { Mix } from '../mix.ts'
import { pageOf } from './page.ts'
import { recordRun } from './record-run.ts'

/** Lives one history and writes it to `file` as a page; answers the exit code. */
export async function viewOne(mix: Mix, file: string): Promise<number> {
  const { recording, outcome } = await recordRun(mix)
  const page = pageOf(recording)
  write(file, page)
  const { violation, endMs } = recording
  if (violation === undefined) {
    console.log(`${outcome?.acked} edits acknowledged in ${endMs} ms; every rule held`)
  } else {
    console.log(`${violation.message}\nreplay: ${violation.replay}`)
  }
  const kilobytes = Math.ceil(Buffer.byteLength(page) / 1_000)
  console.log(`written to ${file} (${kilobytes} kB): open it in a browser`)
  return violation === undefined ? 0 : 1
}

function write(file: string, page: string): void {
  try {
    writeFileSync(file, page)
  } catch (error) {
    throw new TypeError(`--view ${file}: ${(error as Error).message}.`, { cause: error })
  }
}
