import type { ReplicaId } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { GOSSIP_LIMITS } from '../src/limits.ts'
import { TreeRoot } from '../src/tree-root.ts'
import { id } from './rig.ts'

const [A, B, C] = [id('a'), id('b'), id('c')]
const { rootMs, rootWordMs } = GOSSIP_LIMITS

function nobodyIsGone(): boolean {
  return false
}

/** What a neighbour of the root tells. */
function told(root: ReplicaId, term: number, seq: number): Parameters<TreeRoot['heard']>[0] {
  return { root, term, seq, distance: 25 }
}

test('who makes an entry while there is no root is the root, and nobody else is by theirs', () => {
  const root = new TreeRoot(B, nobodyIsGone)
  expect(root.own).toBeUndefined()
  expect(root.made(0)).toBe(true)
  expect(root.own).toEqual({ root: B, term: 1, seq: 1, distance: 0 })
  const other = new TreeRoot(A, nobodyIsGone)
  expect(other.heard(told(B, 1, 1), 0)).toBe(true)
  expect(other.made(1)).toBe(false)
  expect(other.own).toBeUndefined()
})

test('of two roots of one term all take the one with the lower id, of two terms the later one', () => {
  const root = new TreeRoot(C, nobodyIsGone)
  root.made(0)
  expect(root.heard(told(B, 1, 9), 0)).toBe(true)
  expect(root.own).toBeUndefined()
  expect(root.heard(told(A, 1, 1), 0)).toBe(true)
  expect(root.heard(told(B, 1, 10), 0)).toBe(false)
  expect(root.is(told(A, 1, 1))).toBe(true)
  expect(root.heard(told(B, 2, 1), 0)).toBe(true)
  expect(root.heard(told(A, 1, 2), 0)).toBe(false)
  expect(root.is(told(B, 2, 1))).toBe(true)
})

test('the root gives word of itself until it has made nothing for long', () => {
  const root = new TreeRoot(A, nobodyIsGone)
  root.made(0)
  root.renew(rootMs)
  expect(root.own?.seq).toBe(2)
  root.renew(rootMs + 1)
  expect(root.own?.seq).toBe(2)
  root.made(rootMs + 2)
  root.renew(rootMs + 3)
  expect(root.own).toMatchObject({ term: 1, seq: 3 })
})

test('a root of which no new word comes is followed by who makes an entry next', () => {
  const root = new TreeRoot(B, nobodyIsGone)
  root.heard(told(A, 4, 1), 0)
  root.heard(told(A, 4, 2), 100)
  // That is no news.
  root.heard(told(A, 4, 2), 200)
  expect(root.made(100 + rootWordMs)).toBe(false)
  expect(root.made(101 + rootWordMs)).toBe(true)
  expect(root.own).toMatchObject({ root: B, term: 5 })
})

test('so is one that is gone', () => {
  const gone = new Set<ReplicaId>()
  const root = new TreeRoot(B, (replica) => gone.has(replica))
  root.heard(told(A, 1, 1), 0)
  expect(root.made(1)).toBe(false)
  gone.add(A)
  expect(root.made(2)).toBe(true)
})

test('a root that was started anew is the root again as it hears so, and its next word is newer than any before', () => {
  const root = new TreeRoot(A, nobodyIsGone)
  expect(root.heard(told(A, 3, 70), 0)).toBe(true)
  expect(root.own).toMatchObject({ term: 3, seq: 70 })
  // Its word from before may still be under way.
  root.heard(told(A, 3, 71), 1)
  root.made(2)
  root.renew(3)
  expect(root.own).toMatchObject({ term: 3, seq: 72 })
})
