/**
 * Whether a replica has come to the recorded text: asked twice, by a client that opens the document
 * now, and by the bytes that the replica serves over HTTP.
 */
import * as Y from 'yjs'

import type { HttpReplica } from '../http/http-replica.ts'
import { Author } from './author.ts'
import { codePointsBefore } from './code-points.ts'
import { CONTENT } from './typist.ts'
import { pause } from './waiting.ts'

/** Between two looks at a replica that is not there yet. */
const LOOK_EVERY_MS = 250

export interface Goal {
  readonly document: string
  readonly text: string
  /** When to give up, in the time of `performance.now()`. */
  readonly deadline: number
  readonly signal: AbortSignal
}

export interface Verdict {
  readonly url: string
  /** Where and how the text differs; `undefined` once it is equal, by client and as bytes. */
  readonly difference: string | undefined
}

export async function reachText(replica: HttpReplica, goal: Goal): Promise<Verdict> {
  const reader = new Author(replica.webSocketUrl, goal.document, goal.signal)
  try {
    await reader.attached()
    const byClient = await look(goal, async () => reader.doc.getText(CONTENT).toJSON())
    const asBytes = await look(goal, async () => textOf(await replica.document(goal.document)))
    return { url: replica.httpUrl, difference: byClient ?? asBytes }
  } finally {
    reader.close()
  }
}

/** Reads until the text is equal or the deadline passes; answers the difference that is left. */
async function look(goal: Goal, read: () => Promise<string>): Promise<string | undefined> {
  for (;;) {
    const text = await read()
    if (text === goal.text) return undefined
    if (performance.now() > goal.deadline) return describeDifference(text, goal.text)
    await pause(LOOK_EVERY_MS, goal.signal)
  }
}

function textOf(update: Uint8Array | undefined): string {
  const doc = new Y.Doc()
  if (update !== undefined) Y.applyUpdate(doc, update)
  return doc.getText(CONTENT).toJSON()
}

/** The first place, in code points, at which two texts differ, with what stands there. */
export function describeDifference(actual: string, expected: string): string {
  let unit = 0
  while (unit < actual.length && actual[unit] === expected[unit]) unit++
  const position = codePointsBefore(expected, unit)
  const [has, wanted] = [actual, expected].map((text) =>
    JSON.stringify(text.slice(unit, unit + 20)),
  )
  return `at character ${position} it has ${has}, and the recording ${wanted}`
}
