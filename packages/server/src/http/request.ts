import { checkDocumentName, reject, type Result } from '@rejoin/protocol'

/**
 * What a handler gets to see of a request. The path stays as the client wrote it: a document's name
 * may hold `..`, `//` and encoded slashes, all of which `new URL` would normalise away.
 */
export interface Request {
  readonly method: string
  /** Raw, from the first `/` up to the `?`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Whole; empty where there is none. */
  readonly body: Uint8Array
}

export function splitTarget(target: string): Pick<Request, 'path' | 'query'> {
  const mark = target.indexOf('?')
  if (mark === -1) return { path: target, query: new URLSearchParams() }
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) }
}

/** A header's value; `undefined` where it is absent or given more than once. */
export function header(request: Request, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

/** The document that a raw piece of a path names. */
export function readDocumentName(raw: string): Result<string> {
  const name = percentDecoded(raw)
  if (name === undefined) {
    return reject('bad-name', `The document name is not percent-encoded UTF-8: ${raw}`)
  }
  return checkDocumentName(name)
}

/** `undefined` where the encoding is malformed. */
export function percentDecoded(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw)
  } catch {
    return undefined
  }
}
