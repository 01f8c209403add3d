/**
 * An answer to one HTTP request, as a value: handlers return it and `http-server.ts` alone writes to
 * sockets. Every error has the same body, `{"error": {"code", "message"}}`, whose code is stable and
 * whose message says what to do.
 */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** A stream where it may be of any length; it is sent as fast as it is read. */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>
  /** Called when it has been sent, or can't be any more. */
  readonly afterwards?: () => void
}

export function json(status: number, value: unknown): Answer {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }
  return { status, headers, body: `${JSON.stringify(value)}\n` }
}

export function failure(status: number, code: string, message: string): Answer {
  return json(status, { error: { code, message } })
}

export function nothing(): Answer {
  return { status: 204, headers: {}, body: '' }
}

export function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } }
}
