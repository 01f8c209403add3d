import { encodeWith, FINGERPRINT_BYTES, write, type Version } from '@rejoin/protocol'

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

/** The fingerprint of a version. */
export function fingerprintOfVersion(version: Version): Uint8Array {
  let sum = NO_ITEMS
  for (const [origin, seq] of version) {
    const content = encodeWith((writer) => write.uint(writer, seq))
    sum = plus(sum, fingerprintOf(origin, content))
  }
  return bytesOfFingerprint(sum)
}
