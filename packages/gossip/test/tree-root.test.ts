import type { ReplicaId } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { GOSSIP_LIMITS } from '../src/limits.ts'
import { TreeRoot } from '../src/tree-root.ts'
import { id } from './rig.ts'

const [A, B, C] = [id('a'), id('b'), id('c')]
const { rootMs, rootCandidatesMax } = GOSSIP_LIMITS

/** Many ids, all of them higher. */
function replicaId(index: number): ReplicaId {
  return `f${index.toString(16).padStart(15, '0')}` as ReplicaId
}

test('the root is the lowest of those that send, in whatever order they do', () => {
  const root = new TreeRoot(() => false)
  expect(root.origin).toBeUndefined()
  root.sent(B, 0)
  root.sent(C, 1)
  expect(root.origin).toBe(B)
  root.sent(A, 2)
  root.sent(B, 3)
  expect(root.origin).toBe(A)
})

test('once the root has been silent for long, the lowest of those that were not follows it, whoever sends next', () => {
  const root = new TreeRoot(() => false)
  root.sent(A, 0)
  root.sent(B, rootMs - 1)
  root.sent(C, rootMs)
  expect(root.origin).toBe(A)
  root.sent(C, rootMs + 1)
  expect(root.origin).toBe(B)
  root.sent(A, rootMs + 2)
  expect(root.origin).toBe(A)
})

test('a root that is gone is none, and is it again once it is back and sends', () => {
  const gone = new Set<string>()
  const root = new TreeRoot((origin) => gone.has(origin))
  root.sent(A, 0)
  root.sent(B, 1)
  gone.add(A)
  root.sent(C, 2)
  expect(root.origin).toBe(B)
  // What it made before it went may still be on its way.
  root.sent(A, 3)
  expect(root.origin).toBe(B)
  gone.delete(A)
  root.sent(A, 4)
  expect(root.origin).toBe(A)
})

test('who sends no more is forgotten when too many others do', () => {
  const root = new TreeRoot(() => false)
  root.sent(A, 0)
  for (let other = 0; other < rootCandidatesMax; other++) {
    expect(root.origin).toBe(A)
    root.sent(replicaId(other), other)
  }
  expect(root.origin).not.toBe(A)
})
