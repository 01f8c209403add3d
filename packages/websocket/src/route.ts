import { CLIENT_PROTOCOL, REPLICA_PROTOCOL } from '@rejoin/protocol'

/**
 * The sub-protocol of a link between replicas that share a secret. It is a name of its own, so that
 * two of which only one has a secret see that before the first frame, and say so.
 */
export const SECRET_PROTOCOL: string = `${REPLICA_PROTOCOL}.secret`

/**
 * Who is at the other end, by the sub-protocols that its handshake offers: another replica, a client
 * of ours, a stock y-websocket client (which offers none), or one of the first two in a version that
 * is not ours. That last one gets its handshake all the same, because a browser sees the code and
 * the reason of a close frame but nothing of a refused handshake.
 */
export type Route =
  | { readonly to: 'replica'; readonly protocol: string; readonly proves: boolean }
  | { readonly to: 'client'; readonly protocol: string }
  | { readonly to: 'stock' }
  | { readonly to: 'other-version'; readonly protocol: string; readonly ours: string }

/** `undefined` where sub-protocols are offered but none of them is Rejoin's. */
export function routeOf(offered: string | undefined): Route | undefined {
  if (offered === undefined) return { to: 'stock' }
  const protocols = offered.split(',').map((protocol) => protocol.trim())
  for (const protocol of [SECRET_PROTOCOL, REPLICA_PROTOCOL]) {
    if (!protocols.includes(protocol)) continue
    return { to: 'replica', protocol, proves: protocol === SECRET_PROTOCOL }
  }
  if (protocols.includes(CLIENT_PROTOCOL)) return { to: 'client', protocol: CLIENT_PROTOCOL }
  const protocol = protocols.find((each) => OTHER_VERSION.test(each))
  if (protocol === undefined) return undefined
  const ours = protocol.startsWith('rejoin.replica.') ? REPLICA_PROTOCOL : CLIENT_PROTOCOL
  return { to: 'other-version', protocol, ours }
}

const OTHER_VERSION = /^rejoin\.(?:replica\.\d+(?:\.secret)?|client\.\d+)$/
