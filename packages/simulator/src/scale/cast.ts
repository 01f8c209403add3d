import { RememberedMembers } from '@rejoin/gossip'
import { EMPTY_VERSION, replicaIdFromBytes, type ReplicaId } from '@rejoin/protocol'

/**
 * Who takes part: every replica by its place, with an id and an address as real ones are long. What a
 * replica may remember of the others is one list that all of them share.
 */
export class Cast {
  readonly ids: readonly ReplicaId[]
  readonly addresses: readonly string[]
  readonly members: RememberedMembers
  readonly #placeOfId: ReadonlyMap<string, number>
  readonly #placeOfAddress: ReadonlyMap<string, number>

  constructor(replicas: number, seed: number) {
    const places = Array.from({ length: replicas }, (_, place) => place)
    this.ids = places.map((place) => idOf(place, seed))
    this.addresses = places.map(addressOf)
    this.#placeOfId = new Map(this.ids.map((id, place) => [id, place]))
    this.#placeOfAddress = new Map(this.addresses.map((address, place) => [address, place]))
    const members = this.ids.map((replica, place) => {
      return { replica, address: addressOf(place), version: EMPTY_VERSION, retired: false }
    })
    this.members = new RememberedMembers(members)
  }

  placeOf(id: ReplicaId): number {
    const place = this.#placeOfId.get(id)
    if (place === undefined) throw new Error(`nobody has the id ${id}`)
    return place
  }

  at(address: string): number | undefined {
    return this.#placeOfAddress.get(address)
  }
}

/** The place is in the id, so that no two are equal; the rest of it is mixed, so that they have no order. */
function idOf(place: number, seed: number): ReplicaId {
  const bytes = new DataView(new ArrayBuffer(8))
  bytes.setUint32(0, mixed(place, seed))
  bytes.setUint32(4, place)
  return replicaIdFromBytes(new Uint8Array(bytes.buffer))
}

function addressOf(place: number): string {
  return `ws://10.${place >>> 16}.${(place >>> 8) & 255}.${place & 255}:8080/replicas`
}

/** 32 bits that hang on both numbers (the finalizer of MurmurHash3). */
export function mixed(a: number, b: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
