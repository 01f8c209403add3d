import { FINGERPRINT_BYTES, type Version } from '@rejoin/protocol'

import { fingerprintOf, NO_ITEMS, plus, type Fingerprint } from './fingerprint.ts'

/** A fingerprint as it goes over the wire. */
export function bytesOfFingerprint({ left, right }: Fingerprint): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(FINGERPRINT_BYTES))
  bytes.setUint32(0, left)
  bytes.setUint32(4, right)
  return new Uint8Array(bytes.buffer)
}

export function isSameFingerprint(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}

/** The fingerprint of a version; to have none of an origin is the same as not to know it. */
export function fingerprintOfVersion(version: Version): Uint8Array {
  let sum = NO_ITEMS
  for (const [origin, seq] of version) {
    if (seq > 0) sum = plus(sum, fingerprintOf(origin, contentOf(seq)))
  }
  return bytesOfFingerprint(sum)
}

const CONTENT = new Uint8Array(8)
const CONTENT_VIEW = new DataView(CONTENT.buffer)

/** A sequence number in 8 bytes, which hold until the next one: there are many to go through at once. */
function contentOf(seq: number): Uint8Array {
  CONTENT_VIEW.setUint32(0, seq)
  CONTENT_VIEW.setUint32(4, Math.floor(seq / 2 ** 32))
  return CONTENT
}
