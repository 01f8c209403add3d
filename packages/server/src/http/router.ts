/**
 * From a request to its answer: finds the resource that a path names, checks the method and the
 * origin, and turns what a handler throws into the answer for it. A resource is a path's handlers by
 * method; `HEAD` is `GET` without the body.
 */
import { RejoinError } from '@rejoin/protocol'

import { failure, nothing, withHeaders, type Answer } from './answer.ts'
import type { Handle } from './http-server.ts'
import { mayUse } from './origins.ts'
import { header, type Request } from './request.ts'

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'
export type Resource = Readonly<Partial<Record<Method, Handle>>>

export interface Routes {
  /** The resource at a raw path, if there is one. */
  find(path: string): Resource | undefined
  readonly allowOrigins: readonly string[]
}

export function router(routes: Routes): Handle {
  return async (request) => {
    const resource = routes.find(request.path)
    if (resource === undefined) {
      return failure(404, 'not-found', `There is nothing at ${request.path}.`)
    }
    if (!mayUse(request, routes.allowOrigins)) {
      const message = 'Pages of this origin may not use this replica; list it with --allow-origin.'
      return failure(403, 'origin', message)
    }
    return withHeaders(await answerOf(resource, request), sharing(request))
  }
}

async function answerOf(resource: Resource, request: Request): Promise<Answer> {
  const allow = methodsOf(resource)
  if (request.method === 'OPTIONS') return preflight(allow)
  const handle = handlerOf(resource, request.method)
  if (handle === undefined) {
    const message = `${request.method} is not possible here; possible: ${allow}.`
    return withHeaders(failure(405, 'method', message), { allow })
  }
  try {
    return await handle(request)
  } catch (error) {
    if (error instanceof RejoinError) return failure(statusOf(error), error.code, error.message)
    throw error
  }
}

function handlerOf(resource: Resource, method: string): Handle | undefined {
  if (method === 'GET' || method === 'HEAD') return resource.GET
  if (method === 'PUT' || method === 'POST' || method === 'DELETE') return resource[method]
  return undefined
}

function methodsOf(resource: Resource): string {
  return Object.keys(resource)
    .map((method) => (method === 'GET' ? 'GET, HEAD' : method))
    .join(', ')
}

function preflight(allow: string): Answer {
  return withHeaders(nothing(), {
    allow,
    'access-control-allow-methods': allow,
    'access-control-allow-headers': 'accept, content-type',
    'access-control-max-age': '600',
  })
}

/** Lets the page that asked read the answer. */
function sharing(request: Request): Record<string, string> {
  const origin = header(request, 'origin')
  return origin === undefined
    ? { vary: 'origin' }
    : { vary: 'origin', 'access-control-allow-origin': origin }
}

function statusOf({ code }: RejoinError): number {
  if (code === 'unknown-peer') return 404
  if (code === 'bad-name') return 400
  if (code === 'too-large') return 413
  if (code === 'no-members') return 409
  return 503
}
