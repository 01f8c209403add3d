import { CLIENT_PROTOCOL, REPLICA_PROTOCOL } from '@rejoin/protocol'

/**
 * Who is at the other end, by the sub-protocols that its handshake offers: another replica, a client
 * of ours, a stock y-websocket client (which offers none), or one of the first two in a version that
 * is not ours. That last one gets its handshake all the same, because a browser sees the code and
 * the reason of a close frame but nothing of a refused handshake.
 */
export type Route =
  | { readonly to: 'replica'; readonly protocol: string }
  | { readonly to: 'client'; readonly protocol: string }
  | { readonly to: 'stock' }
  | { readonly to: 'other-version'; readonly protocol: string; readonly ours: string }

/** `undefined` where sub-protocols are offered but none of them is Rejoin's. */
export function routeOf(offered: string | undefined): Route | undefined {
  if (offered === undefined) return { to: 'stock' }
  const protocols = offered.split(',').map((protocol) => protocol.trim())
  if (protocols.includes(REPLICA_PROTOCOL)) return { to: 'replica', protocol: REPLICA_PROTOCOL }
  if (protocols.includes(CLIENT_PROTOCOL)) return { to: 'client', protocol: CLIENT_PROTOCOL }
  const protocol = protocols.find((each) => OTHER_VERSION.test(each))
  if (protocol === undefined) return undefined
  const ours = protocol.startsWith('rejoin.replica.') ? REPLICA_PROTOCOL : CLIENT_PROTOCOL
  return { to: 'other-version', protocol, ours }
}

const OTHER_VERSION = /^rejoin\.(?:replica|client)\.\d+$/
