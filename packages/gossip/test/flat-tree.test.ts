import type { Dot, ReplicaId, TreePosition } from '@rejoin/protocol'
import { expect, test } from 'vitest'

import { FlatTree } from '../src/flat-tree.ts'
import { newLink, type OpenLink } from '../src/link.ts'
import type { Links } from '../src/links.ts'
import { Parent } from '../src/parent.ts'
import { RoundTrips } from '../src/round-trips.ts'
import { id } from './rig.ts'

const SELF = id('0')
const ROOT = id('1')
const near = linkTo('a', 1)
const far = linkTo('b', 2)

const gone = new Set<ReplicaId>()

let parent = new Parent(() => {})

function linkTo(letter: string, number: number): OpenLink {
  return { ...newLink(number, undefined, 0), replica: id(letter) }
}

/** The tree of a replica with two neighbours, once it has heard an entry of the root. */
function treeOf(links: Set<OpenLink>): FlatTree {
  parent = new Parent(() => {})
  gone.clear()
  for (const link of links) link.position = undefined
  const isGone = (origin: ReplicaId): boolean => gone.has(origin)
  const options = { self: SELF, roundTrips: new RoundTrips(), parent, isGone, onMoved: () => {} }
  const open = { open: () => links.values() } as Pick<Links, 'open'> as Links
  const tree = new FlatTree({ ...options, links: open })
  tree.sent(dot(1), 0)
  return tree
}

function dot(seq: number): Dot {
  return { replica: ROOT, seq }
}

function at(seq: number, distance: number): TreePosition {
  return { root: ROOT, seq, distance }
}

test('[L6] a way to the root that leads back here is not taken, so that no distance climbs for ever', () => {
  const links = new Set([near, far])
  const tree = treeOf(links)
  tree.heard(near, at(1, 0))
  expect(parent.is(near)).toBe(true)
  const own = tree.position?.distance ?? 0
  // The other neighbour has its distance from here.
  tree.heard(far, at(1, own + 25))
  links.delete(near)
  tree.lost(near)
  expect(tree.position).toBeUndefined()
  for (let told = own + 50; told < own + 500; told += 50) tree.heard(far, at(1, told))
  expect(tree.position).toBeUndefined()
})

test('newer word of the root, or a nearer way, is taken at once', () => {
  const links = new Set([near, far])
  const tree = treeOf(links)
  tree.heard(near, at(1, 100))
  tree.heard(far, at(1, 10))
  expect(parent.is(far)).toBe(true)
  links.delete(far)
  tree.lost(far)
  expect(tree.position).toBeUndefined()
  tree.heard(near, at(2, 100))
  expect(parent.is(near)).toBe(true)
  expect(tree.position?.seq).toBe(2)
})

test('the root stands at 0, as of its newest entry, and has no parent', () => {
  const tree = treeOf(new Set([near]))
  tree.heard(near, at(1, 0))
  tree.sent({ replica: SELF, seq: 7 }, 1)
  expect(tree.position).toEqual({ root: SELF, seq: 7, distance: 0 })
  expect(parent.is(near)).toBe(false)
})

test('who has sent before is the root once that is gone, as of its own newest entry, whoever sends then', () => {
  const tree = treeOf(new Set([near]))
  tree.sent({ replica: id('2'), seq: 3 }, 1)
  expect(tree.position).toBeUndefined()
  const own = { replica: SELF, seq: 7 }
  gone.add(SELF)
  tree.sent(own, 2)
  expect(tree.position).toBeUndefined()
  gone.delete(SELF)
  gone.add(ROOT)
  tree.sent({ replica: id('3'), seq: 1 }, 3)
  expect(tree.position).toEqual({ root: SELF, seq: 7, distance: 0 })
})
