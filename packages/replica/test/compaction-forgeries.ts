import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'

type Struct = Y.Item | Y.GC | Y.Skip

/** An update taken apart, to be put together otherwise. */
export interface Parts {
  structs: Struct[]
  /** Per client the deleted ranges. */
  deletes: Map<number, { clock: number; len: number }[]>
}

/** A snapshot in parts. They come out of a document: decoded only, items don't know all of themselves. */
export function partsOf(snapshot: Uint8Array, { gc }: { gc: boolean }): Parts {
  const doc = new Y.Doc({ gc })
  Y.applyUpdate(doc, snapshot)
  const blocks = [...doc.store.clients].toSorted(([a], [b]) => b - a)
  const structs = blocks.flatMap(([, block]) => block)
  return { structs, deletes: deletesOf(snapshot) }
}

export function deletesOf(update: Uint8Array): Parts['deletes'] {
  const { ds } = Y.decodeUpdate(update)
  const ranges = [...ds.clients].map(
    ([client, all]) => [client, all.map(({ clock, len }) => ({ clock, len }))] as const,
  )
  return new Map(ranges)
}

/** An update of exactly these parts: Yjs's own encoders would not write every one of them. */
export function updateOf({ structs, deletes }: Parts): Uint8Array {
  const encoder = new Y.UpdateEncoderV1()
  const { restEncoder: out } = encoder
  const blocks = new Map<number, Struct[]>()
  for (const struct of structs) {
    const { client } = struct.id
    blocks.set(client, [...(blocks.get(client) ?? []), struct])
  }
  encoding.writeVarUint(out, blocks.size)
  for (const [client, block] of blocks) {
    writeAll(out, [block.length, client, block[0]?.id.clock ?? 0])
    for (const struct of block) struct.write(encoder, 0)
  }
  encoding.writeVarUint(out, deletes.size)
  for (const [client, ranges] of deletes) {
    writeAll(out, [client, ranges.length, ...ranges.flatMap(({ clock, len }) => [clock, len])])
  }
  return encoder.toUint8Array()
}

function writeAll(out: encoding.Encoder, numbers: readonly number[]): void {
  for (const number of numbers) encoding.writeVarUint(out, number)
}

/** Numbers as varUints, strings with their lengths, and bytes as they are. */
export function bytesOf(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  const out = encoding.createEncoder()
  for (const part of parts) {
    if (typeof part === 'number') encoding.writeVarUint(out, part)
    else if (typeof part === 'string') encoding.writeVarString(out, part)
    else encoding.writeUint8Array(out, part)
  }
  return encoding.toUint8Array(out)
}

/** An update with one struct, at clock 0 of `client`, and no deletions. */
export function oneStruct(
  info: number,
  struct: readonly (number | string | Uint8Array)[],
  client = 9,
): Uint8Array {
  return bytesOf(1, 1, client, 0, Uint8Array.of(info), ...struct, 0)
}

/** Maps in each other, so many levels deep, of client 9; its clock 0 holds all the others. */
export function nestedMaps(depth: number): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = 9
  let map = doc.getMap('map')
  doc.transact(() => {
    for (let level = 0; level < depth; level++) map = map.set('key', new Y.Map())
  })
  return Y.encodeStateAsUpdate(doc)
}

/** An update that deletes one thing. */
export function deleteOf(client: number, clock: number): Uint8Array {
  return bytesOf(0, 1, client, 1, clock, 1)
}
