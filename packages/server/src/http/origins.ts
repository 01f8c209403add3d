import { header, type Request } from './request.ts'

/**
 * Which web pages may use this replica's HTTP: its own, those of this machine, and those that
 * `--allow-origin` names. Requests without an `Origin` come from no page.
 */
export function mayUse(request: Request, allowOrigins: readonly string[]): boolean {
  const origin = header(request, 'origin')
  if (origin === undefined) return true
  if (allowOrigins.includes('*') || allowOrigins.includes(origin)) return true
  if (!URL.canParse(origin)) return false
  const { host, hostname } = new URL(origin)
  return host === header(request, 'host') || isLoopback(hostname)
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
