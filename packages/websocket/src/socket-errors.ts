import type { Rejection } from '@rejoin/protocol'

/**
 * What `ws` finds wrong with the bytes of a connection, as a rejection. `ws` has then already begun
 * to close that connection with the code that RFC 6455 names for the fault (1002, 1007 to 1009).
 */
export function rejectionOfError(error: Error): Rejection | undefined {
  const code = 'code' in error ? error.code : undefined
  if (typeof code !== 'string' || !code.startsWith('WS_ERR_')) return undefined
  if (TOO_LARGE.has(code)) return { code: 'too-large', reason: `${error.message}; send less.` }
  return { code: 'malformed', reason: `${error.message}.` }
}

const TOO_LARGE: ReadonlySet<string> = new Set([
  'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
  'WS_ERR_TOO_MANY_BUFFERED_PARTS',
])
