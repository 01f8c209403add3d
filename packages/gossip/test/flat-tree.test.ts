import { LIMITS, type TreePosition } from '@rejoin/protocol'
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

let parent = new Parent(() => {})

function linkTo(letter: string, number: number): OpenLink {
  return { ...newLink(number, undefined, 0), replica: id(letter) }
}

/** The tree of a replica with these neighbours. */
function treeOf(links: Set<OpenLink>): FlatTree {
  parent = new Parent(() => {})
  for (const link of links) link.position = undefined
  const isGone = (): boolean => false
  const options = { self: SELF, roundTrips: new RoundTrips(), parent, isGone, onMoved: () => {} }
  const open = { open: () => links.values() } as Pick<Links, 'open'> as Links
  return new FlatTree({ ...options, links: open })
}

function at(seq: number, distance: number): TreePosition {
  return { root: ROOT, term: 1, seq, distance }
}

test('[L6] a way to the root that leads back here is not taken, so that no distance climbs for ever', () => {
  const links = new Set([near, far])
  const tree = treeOf(links)
  tree.heard(near, at(1, 0), 0)
  expect(parent.is(near)).toBe(true)
  const own = tree.position?.distance ?? 0
  // The other neighbour has its distance from here.
  tree.heard(far, at(1, own + 25), 0)
  links.delete(near)
  tree.lost(near)
  expect(tree.position).toBeUndefined()
  for (let told = own + 50; told < own + 500; told += 50) tree.heard(far, at(1, told), 0)
  expect(tree.position).toBeUndefined()
})

test('newer word of the root, or a nearer way, is taken at once', () => {
  const links = new Set([near, far])
  const tree = treeOf(links)
  tree.heard(near, at(1, 100), 0)
  tree.heard(far, at(1, 10), 0)
  expect(parent.is(far)).toBe(true)
  links.delete(far)
  tree.lost(far)
  expect(tree.position).toBeUndefined()
  tree.heard(near, at(2, 100), 0)
  expect(parent.is(near)).toBe(true)
  expect(tree.position?.seq).toBe(2)
})

test('the root stands at 0, and has no parent', () => {
  const tree = treeOf(new Set([near]))
  tree.made(0)
  expect(tree.position).toEqual({ root: SELF, term: 1, seq: 1, distance: 0 })
  tree.beat(1)
  expect(tree.position).toEqual({ root: SELF, term: 1, seq: 2, distance: 0 })
  tree.heard(near, { ...at(1, 50), term: 2 }, 2)
  expect(tree.position).toMatchObject({ root: ROOT, term: 2, seq: 1 })
  expect(parent.is(near)).toBe(true)
})

test('a place that is too far to tell of is none', () => {
  const tree = treeOf(new Set([near]))
  tree.heard(near, at(1, LIMITS.treePositionMax - 1), 0)
  expect(tree.position).toBeUndefined()
})
