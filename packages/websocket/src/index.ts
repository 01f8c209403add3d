/** @packageDocumentation WebSockets between replicas, and the endpoints that clients speak to. */
export { BOUNDS, type Bounds } from './bounds.ts'
export { Channel, type ChannelListener, type ChannelOptions, type Closing } from './channel.ts'
export { originPasses } from './origin.ts'
export type { HandshakeRefusal } from './refuse-handshake.ts'
export { SECRET_LIMITS, type Secrets } from './secrets.ts'
export { serveWebSockets, type ServingOptions, type WebSocketServing } from './serving.ts'
export {
  webSocketTransport,
  type WebSocketTransport,
  type WebSocketTransportOptions,
} from './transport.ts'
