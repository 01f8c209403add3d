import type { LeveldbStore } from '@rejoin/leveldb'

import type { Resource } from './router.ts'

/** `GET /backup`: all that the replica holds at this moment, as `rejoin restore` takes it. */
export function backup(store: Pick<LeveldbStore, 'backup'>): Resource {
  return {
    GET: () => ({
      status: 200,
      headers: { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' },
      body: store.backup(),
    }),
  }
}
