import { parseTrace, type Trace } from '@rejoin/server/trace'

/**
 * Fetches or reads a recorded editing history. Files may be gzipped; that is seen from their first
 * two bytes, since a server may already have unpacked what is named `.gz`, or not.
 */
export interface Recording {
  readonly name: string
  readonly trace: Trace
}

/** A recording after unpacking, in bytes; a larger one is refused before it fills the memory. */
export const RECORDING_BYTES_MAX = 134_217_728

const GZIP_MAGIC = [0x1f, 0x8b]

export async function fetchRecording(name: string): Promise<Recording> {
  const response = await fetch(`/traces/${encodeURIComponent(name)}.json`)
  if (!response.ok) {
    throw new Error(`The recording ${name} can't be fetched (HTTP ${response.status}).`)
  }
  return readRecording(name, await response.blob())
}

/** Throws an error fit for a person when the file holds no recording. */
export async function readRecording(name: string, file: Blob): Promise<Recording> {
  const head = new Uint8Array(await file.slice(0, GZIP_MAGIC.length).arrayBuffer())
  const packed = GZIP_MAGIC.every((byte, at) => head[at] === byte)
  const stream = packed ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream()
  const text = await readText(stream)
  try {
    return { name: name.replace(/\.json(\.gz)?$/, ''), trace: parseTrace(JSON.parse(text)) }
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? 'It is not JSON.' : (cause as Error).message
    throw new Error(`${name} is no recording that can be replayed. ${reason}`, { cause })
  }
}

async function readText(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const decoder = new TextDecoder()
  const reader = stream.getReader()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.length
    if (bytes > RECORDING_BYTES_MAX) {
      await reader.cancel()
      throw new Error(`The recording is over ${RECORDING_BYTES_MAX >> 20} MiB; take a smaller one.`)
    }
    text += decoder.decode(value, { stream: true })
  }
}
