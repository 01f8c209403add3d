import { originPasses } from '@rejoin/websocket'

import { header, type Request } from './request.ts'

/**
 * Which web pages may use this replica's HTTP: the same ones that may connect to it. Requests without
 * an `Origin` come from no page.
 */
export function mayUse(request: Request, allowOrigins: readonly string[]): boolean {
  const [origin, host] = [header(request, 'origin'), header(request, 'host')]
  return originPasses({ origin, host }, allowOrigins)
}
