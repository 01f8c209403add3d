import { openLeveldbStore } from '@rejoin/leveldb'
import type { Store } from '@rejoin/replica'
import { describe, expect, it } from 'vitest'

import { startCommitLoop, type Line } from './commit-loop.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** What other processes do to a directory: die in it, hold it, run into the end of their disk. */
describe('a store in another process', () => {
  it('[S1] has lost nothing that it reported durable when it was killed', async () => {
    const directory = await temporaryDirectory()
    for (const commits of [1, 2, 9, 40, 150]) {
      const loop = startCommitLoop(directory, { charactersPerEdit: 500 })
      try {
        await loop.until((lines) => lines.length >= commits)
      } finally {
        await loop.kill()
      }
      const store = await openLeveldbStore(directory)
      const held = await countHeld(store)
      expect(held).toBeGreaterThanOrEqual(lastDurable(loop.lines))
      // One more may be on disk: the one whose report the kill came before.
      expect(held).toBeLessThanOrEqual(lastDurable(loop.lines) + 1)
      await store.close()
    }
  })

  // Linux alone can take the bound on a running process's files away again.
  it.skipIf(process.platform !== 'linux')(
    '[S2] reports a failed write, and refuses all that follow even once they could be written',
    async () => {
      const directory = await temporaryDirectory()
      const options = { charactersPerEdit: 20_000, fileBlocksMax: 1_000 }
      const loop = startCommitLoop(directory, options)
      try {
        await loop.until((lines) => lines.some(({ refused }) => refused !== undefined))
        loop.relieve()
        await loop.ended
      } finally {
        await loop.kill()
      }
      const [first, ...others] = loop.lines.filter(({ refused }) => refused !== undefined)
      expect(lastDurable(loop.lines)).toBeGreaterThan(3)
      expect(first).toMatchObject({ refused: lastDurable(loop.lines) + 1, code: 'store-failed' })
      expect(first?.message).toMatch(`Writing to ${directory} failed: IO error`)
      expect(first?.message).toMatch('File too large')
      expect(others).toEqual([first, first])

      const store = await openLeveldbStore(directory)
      expect(await countHeld(store)).toBe(lastDurable(loop.lines))
      await store.close()
    },
  )

  it('refuses a second process with what to do about it', async () => {
    const directory = await temporaryDirectory()
    const loop = startCommitLoop(directory, { charactersPerEdit: 10 })
    try {
      await loop.until((lines) => lines.length > 0)
      await expect(openLeveldbStore(directory)).rejects.toMatchObject({
        name: 'RejoinError',
        code: 'store-locked',
        message:
          `The directory ${directory} is in use by another process; ` +
          'stop it or choose another directory with --data.',
      })
      const before = loop.lines.length
      await loop.until((lines) => lines.length > before)
    } finally {
      await loop.kill()
    }
    await (await openLeveldbStore(directory)).close()
  })
})

function lastDurable(lines: readonly Line[]): number {
  return Math.max(0, ...lines.map(({ durable }) => durable ?? 0))
}

/** How many entries the store holds, having seen each of them whole, in its log and its documents. */
async function countHeld(store: Store): Promise<number> {
  const { replica, heads } = store.recovered
  const { seq } = heads.get(replica) ?? { seq: 0 }
  const range = { from: 1, to: seq + 1, bytesMax: Number.MAX_SAFE_INTEGER }
  expect((await store.readEntries(replica, range)).entries).toHaveLength(seq)
  for (const document of ['left', 'right']) {
    expect((await store.readDocument(document)).updates).toHaveLength(seq)
  }
  return seq
}
