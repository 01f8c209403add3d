/**
 * Whether a page may connect. A browser sends the page's origin with every WebSocket handshake and
 * lets any page connect anywhere, with the cookies of the host, so the server must choose. Programs
 * other than browsers send no origin, or any that they like: this protects people, not data.
 */
export interface OriginRequest {
  /** The `Origin` header. */
  readonly origin?: string | undefined
  /** The `Host` header. */
  readonly host?: string | undefined
}

/**
 * No origin, the very host and port that serves, a loopback host, and what `allowed` lists pass;
 * `*` in it lets every origin pass.
 */
export function originPasses(request: OriginRequest, allowed: readonly string[]): boolean {
  const { origin, host } = request
  if (origin === undefined || allowed.includes('*')) return true
  if (allowed.some((each) => each.toLowerCase() === origin.toLowerCase())) return true
  if (!URL.canParse(origin)) return false
  const page = new URL(origin)
  return isLoopback(page.hostname) || (host !== undefined && page.host === normalHost(page, host))
}

// The address parts are the URL parser's, which spells every IPv4 address as four decimal numbers.
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname)
}

/** `host` as the parser spells it in an origin: lower case, without its scheme's default port. */
function normalHost(page: URL, host: string): string | undefined {
  const url = `${page.protocol}//${host}`
  return URL.canParse(url) ? new URL(url).host : undefined
}
