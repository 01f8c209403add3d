/** Reads a recording from a file, plain or gzipped; whatever is wrong with it is one line. */
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { failed } from '../command-line/command-error.ts'
import { parseTrace, type Trace } from './trace.ts'

/** The JSON text, in bytes; a larger recording is refused. */
const JSON_BYTES_MAX = 268_435_456

export async function readRecording(file: string): Promise<Trace> {
  const bytes = await readBounded(file)
  const text = new TextDecoder().decode(isGzip(bytes) ? unzipped(file, bytes) : bytes)
  return parseTrace(parsed(file, text))
}

/** The name of the document that a recording is typed into unless another is given. */
export function documentNameOf(file: string): string {
  return basename(file)
    .replace(/\.gz$/, '')
    .replace(/\.json$/, '')
}

async function readBounded(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file)
    if (size > JSON_BYTES_MAX) throw new Error(`it is over ${JSON_BYTES_MAX} bytes`)
    return await readFile(file)
  } catch (cause) {
    throw failed(`The recording ${file} can't be read: ${messageOf(cause)}.`, { cause })
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

function unzipped(file: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: JSON_BYTES_MAX })
  } catch (cause) {
    throw failed(`The recording ${file} can't be unzipped: ${messageOf(cause)}.`, { cause })
  }
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw failed(`The recording ${file} is not JSON: ${messageOf(cause)}.`, { cause })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
