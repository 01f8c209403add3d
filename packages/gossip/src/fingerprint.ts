import type { ReplicaId } from '@rejoin/protocol'

/**
 * 64 bits that stand for one item, or for the sum of many, in two halves that are unsigned 32-bit
 * numbers. The sum is taken of each half by itself, modulo 2^32: nothing is carried, and two sets that
 * differ still have equal sums with a chance of 2^-64 only. It is a sum and not an exclusive or, as the
 * first version of negentropy took, so that what comes twice does not cancel itself.
 */
export interface Fingerprint {
  readonly left: number
  readonly right: number
}

export const NO_ITEMS: Fingerprint = { left: 0, right: 0 }

export function plus(a: Fingerprint, b: Fingerprint): Fingerprint {
  return { left: (a.left + b.left) >>> 0, right: (a.right + b.right) >>> 0 }
}

export function minus(a: Fingerprint, b: Fingerprint): Fingerprint {
  return { left: (a.left - b.left) >>> 0, right: (a.right - b.right) >>> 0 }
}

export function isSame(a: Fingerprint, b: Fingerprint): boolean {
  return a.left === b.left && a.right === b.right
}

const KEY_WORDS = 4

/**
 * The fingerprint of an item. No defence against forgery: members trust each other, and what is to be
 * told apart is what chance makes. Every step can be undone, so items of one length that differ in a
 * single word never have the same one; with more words between them it is chance, at 2^-64.
 */
export function fingerprintOf(key: ReplicaId, content: Uint8Array): Fingerprint {
  let left = content.length
  let right = 0x9e3779b9
  const words = KEY_WORDS + Math.ceil(content.length / 4)
  for (let at = 0; at < words; at++) {
    const word = at < KEY_WORDS ? wordOfKey(key, at) : wordOfContent(content, at - KEY_WORDS)
    // The steps of murmur3 for 128 bits, with two of its four lanes.
    left = turn(left ^ Math.imul(turn(Math.imul(word, 0x239b961b), 15), 0xab0e9789), 19) + right
    left = Math.imul(left, 5) + 0x561ccd1b
    right = turn(right ^ Math.imul(turn(Math.imul(word, 0xab0e9789), 16), 0x38b34ae5), 17) + left
    right = Math.imul(right, 5) + 0x0bcaa747
  }
  // Twice, so that each bit of either half hangs on each bit of both.
  for (let round = 0; round < 2; round++) {
    left = scatter(left + right)
    right = scatter(right + left)
  }
  return { left: left >>> 0, right: right >>> 0 }
}

/** Four digits of a key, one byte each. */
function wordOfKey(key: ReplicaId, word: number): number {
  const at = word * 4
  const low = key.charCodeAt(at) | (key.charCodeAt(at + 1) << 8)
  return low | (key.charCodeAt(at + 2) << 16) | (key.charCodeAt(at + 3) << 24)
}

/** Four bytes of the content. Behind its end there are zeros, which its length tells from real ones. */
function wordOfContent(content: Uint8Array, word: number): number {
  const at = word * 4
  const low = (content[at] ?? 0) | ((content[at + 1] ?? 0) << 8)
  return low | ((content[at + 2] ?? 0) << 16) | ((content[at + 3] ?? 0) << 24)
}

function turn(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** The finalizer of murmur3 for 32 bits. */
function scatter(word: number): number {
  const first = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35)
  return second ^ (second >>> 16)
}
