/**
 * SIGTERM and SIGINT ask a command to stop in good order, and so does the end of a parent that holds
 * an IPC channel to it. Whoever asks a second time does not want to wait: the process ends at once,
 * with the exit code that shells give for that signal.
 */
export interface StopRequest {
  /** Aborts at the first request. */
  readonly signal: AbortSignal
  /** Resolves at the first request. */
  readonly asked: Promise<void>
  /** Listens no more, so that signals have their usual effect again. */
  forget(): void
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * One Ctrl-C under npm arrives twice, from the terminal and from npm, and three times under a
 * launcher: signals within this time are one request.
 */
const ONE_REQUEST_MS = 500

export function listenForStop(): StopRequest {
  const stopping = new AbortController()
  const { signal } = stopping
  const asked = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve())
  })
  let askedMs = Number.POSITIVE_INFINITY
  const ask = (exitCode: number): void => {
    if (performance.now() - askedMs > ONE_REQUEST_MS) process.exit(exitCode)
    if (!signal.aborted) askedMs = performance.now()
    stopping.abort()
  }
  const interrupt = (): void => ask(EXIT_CODES.SIGINT)
  const terminate = (): void => ask(EXIT_CODES.SIGTERM)
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', terminate)
  if (process.connected) process.on('disconnect', terminate)
  const forget = (): void => {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', terminate)
    process.off('disconnect', terminate)
  }
  return { signal, asked, forget }
}
