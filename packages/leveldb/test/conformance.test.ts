import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openLeveldbStore } from '@rejoin/leveldb'
import { storeConformance } from '@rejoin/replica/conformance'
import { describe, it } from 'vitest'

storeConformance({ describe, it }, 'openLeveldbStore', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rejoin-leveldb-'))
  return {
    open: () => openLeveldbStore(join(directory, 'made', 'on', 'opening')),
    remove: () => rm(directory, { recursive: true }),
  }
})
