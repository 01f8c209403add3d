/** @packageDocumentation A replica on one HTTP port, for programs; the `rejoin` command runs on it. */
export { failure, json, type Answer } from './http/answer.ts'
export { httpServer, type Handle } from './http/http-server.ts'
export type { Request } from './http/request.ts'
export { staticFiles, type StaticFiles } from './http/static-files.ts'
export { serveReplica, type ServeOptions, type Serving } from './serving.ts'
