/** Many updates in one buffer, so that a thread is handed them without a copy of each. */
export interface Packed {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly lengths: readonly number[]
}

export function pack(updates: readonly Uint8Array[]): Packed {
  const lengths = updates.map(({ length }) => length)
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const update of updates) {
    bytes.set(update, at)
    at += update.length
  }
  return { bytes, lengths }
}

export function unpack({ bytes, lengths }: Packed): Uint8Array[] {
  let at = 0
  return lengths.map((length) => {
    at += length
    return bytes.subarray(at - length, at)
  })
}
