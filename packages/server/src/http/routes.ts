import type { LeveldbStore } from '@rejoin/leveldb'
import type { Replica } from '@rejoin/replica'

import { backup } from './backup.ts'
import { document, documentNames } from './documents.ts'
import { failure } from './answer.ts'
import type { EventStreams } from './event-stream.ts'
import { health, status } from './health.ts'
import { leave } from './leave.ts'
import { link } from './links.ts'
import { member, memberEvents } from './members.ts'
import { message, messageEvents } from './messages.ts'
import type { Resource } from './router.ts'
import type { StaticFiles } from './static-files.ts'

export interface Site {
  readonly replica: Replica
  readonly store: Pick<LeveldbStore, 'backup'>
  /** Whether links may be cut and mended, and the page be served. */
  readonly demo: boolean
  readonly page: StaticFiles | undefined
  readonly streams: EventStreams
  /** Called when the replica has left for good, and who asked for it knows. */
  readonly onLeft: () => void
}

const DOCUMENTS = '/documents/'
const LINKS = '/links/'
const MEMBERS = '/members/'
const MESSAGES = '/messages/'

/** What a replica serves, by raw path; all else is a file of the page, if there is a page. */
export function findResource(site: Site, path: string): Resource | undefined {
  const { replica, demo, page, streams } = site
  if (path === '/healthz') return health(replica)
  if (path === '/status') return status(replica)
  if (path === '/documents') return documentNames(replica)
  if (path === '/backup') return backup(site.store)
  if (path === '/leave') return leave(replica, site.onLeft)
  if (path === '/messages/events') return messageEvents(replica, streams)
  if (path.startsWith(MESSAGES)) return message(replica, path.slice(MESSAGES.length))
  if (path === '/members/events') return memberEvents(replica, streams)
  if (path.startsWith(MEMBERS)) return member(replica, path.slice(MEMBERS.length))
  if (path.startsWith(DOCUMENTS)) return document(replica, path.slice(DOCUMENTS.length))
  if (path.startsWith(LINKS)) return link(replica, path.slice(LINKS.length), demo)
  return demo && page !== undefined ? file(page, path) : undefined
}

function file(page: StaticFiles, path: string): Resource {
  const absent = failure(404, 'not-found', `There is nothing at ${path}.`)
  return { GET: async () => (await page(path)) ?? absent }
}
