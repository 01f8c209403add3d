import { sha256 } from '@noble/hashes/sha2'
import { bytesFromHex, CHAIN_HASH_BYTES, hexFromBytes, type ChainHash } from '@rejoin/protocol'

/** The next link of an origin's hash chain: the first 64 bits of SHA-256(previous ‖ entry). */
export function chainHash(previous: ChainHash, entry: Uint8Array): ChainHash {
  const hash = sha256.create().update(bytesFromHex(previous)).update(entry).digest()
  return hexFromBytes(hash.subarray(0, CHAIN_HASH_BYTES), CHAIN_HASH_BYTES)
}
