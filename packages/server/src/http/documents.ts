/**
 * Documents over HTTP, to read only: their names page by page, and each as one Yjs update, which
 * any Yjs document can apply. Nothing here is held between requests: a page ends with the name that
 * the next one starts after.
 */
import type { Replica } from '@rejoin/replica'

import { failure, json, type Answer } from './answer.ts'
import { header, readDocumentName, type Request } from './request.ts'
import type { Resource } from './router.ts'

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 1_000
const BYTES = 'application/octet-stream'

/** `GET /documents?after=NAME&limit=N`. */
export function documentNames(replica: Replica): Resource {
  return {
    GET: async ({ query }) => {
      const limit = readLimit(query.get('limit'))
      if (limit === undefined) {
        return failure(400, 'bad-limit', `limit must be a whole number from 1 to ${LIMIT_MAX}.`)
      }
      const after = query.get('after')
      // One more than asked for tells whether there is a next page.
      const page = { limit: limit + 1, ...(after === null ? {} : { after }) }
      const names = await replica.listDocuments(page)
      const documents = names.slice(0, limit)
      const next = names.length > limit ? documents.at(-1) : null
      return json(200, { documents, next })
    },
  }
}

function readLimit(text: string | null): number | undefined {
  if (text === null) return LIMIT_DEFAULT
  if (!/^\d{1,4}$/.test(text)) return undefined
  const limit = Number(text)
  return limit >= 1 && limit <= LIMIT_MAX ? limit : undefined
}

/** `GET /documents/NAME`; `rawName` is percent-encoded, with its slashes as they are or encoded. */
export function document(replica: Replica, rawName: string): Resource {
  return { GET: (request) => answerDocument(replica, rawName, request) }
}

async function answerDocument(
  replica: Replica,
  rawName: string,
  request: Request,
): Promise<Answer> {
  const name = readDocumentName(rawName)
  if (!name.ok) return failure(400, name.rejection.code, name.rejection.reason)
  if (!accepts(header(request, 'accept') ?? '*/*')) {
    return failure(406, 'not-acceptable', `A document is served as ${BYTES}: one Yjs update.`)
  }
  const update = await replica.encode(name.value)
  if (update === undefined) {
    return failure(404, 'not-found', `There is no document ${JSON.stringify(name.value)} here.`)
  }
  const headers = { 'content-type': BYTES, 'cache-control': 'no-store' }
  return { status: 200, headers, body: update }
}

/** Whether an `Accept` header admits bytes; a quality of 0 says that it does not. */
function accepts(accept: string): boolean {
  return accept.split(',').some((part) => {
    const [type, ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
    if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) return false
    return type === BYTES || type === 'application/*' || type === '*/*'
  })
}
