import { createDecoder, hasContent, readUint8, readVarUint } from 'lib0/decoding'
import { encode, writeUint8, writeVarUint, type Encoder } from 'lib0/encoding'

import type { Sketch } from './summary.ts'

/** A register of a HyperLogLog, and the rank that it has reached at least. */
export interface Rise {
  readonly register: number
  /** One more than the zero bits that a hash began with, after those that chose the register. */
  readonly rank: number
}

const SPARSE = 0
const PACKED = 1
const RANK_BITS = 6

/** The registers of a HyperLogLog, whose merge is the greater rank of each: a true semilattice. */
export class Registers implements Sketch<Uint8Array, Rise> {
  readonly code = 'h'
  readonly parameters: readonly number[]
  readonly #precision: number
  readonly #size: number
  readonly #rankMax: number

  constructor(precision: number) {
    this.parameters = [precision]
    this.#precision = precision
    this.#size = 2 ** precision
    this.#rankMax = 65 - precision
  }

  /** The first bits of 64 name a register; the zeros that the others begin with give the rank. */
  riseOf([high = 0, low = 0]: readonly number[]): Rise {
    const precision = this.#precision
    const rest = (high << precision) >>> 0
    const zeros = rest === 0 ? 32 - precision + Math.clz32(low) : Math.clz32(rest)
    return { register: high >>> (32 - precision), rank: zeros + 1 }
  }

  empty(): Uint8Array {
    return new Uint8Array(this.#size)
  }

  apply(registers: Uint8Array, { register, rank }: Rise): boolean {
    if ((registers[register] ?? 0) >= rank) return false
    registers[register] = rank
    return true
  }

  merge(registers: Uint8Array, others: Uint8Array): void {
    others.forEach((rank, register) => this.apply(registers, { register, rank }))
  }

  fold(registers: Uint8Array): Uint8Array {
    return registers
  }

  /** Those in use with the gaps between them, or all at six bits each, whichever is shorter. */
  encode(registers: Uint8Array): Uint8Array {
    const sparse = encode((encoder) => writeSparse(encoder, registers))
    const packedSize = 1 + (this.#size * RANK_BITS) / 8
    return sparse.length < packedSize
      ? sparse
      : encode((encoder) => writePacked(encoder, registers))
  }

  decode(bytes: Uint8Array): Uint8Array | undefined {
    const decoder = createDecoder(bytes)
    const form = readUint8(decoder)
    if (form !== SPARSE && form !== PACKED) return undefined
    const registers = this.empty()
    let isWhole = true
    const set = (register: number, rank: number): void => {
      if (register >= this.#size || rank > this.#rankMax) isWhole = false
      else registers[register] = rank
    }
    if (form === SPARSE) readSparse(decoder, set)
    else for (let at = 0; at < this.#size; at += 4) readFour(decoder, at, set)
    return isWhole && !hasContent(decoder) ? registers : undefined
  }

  readAddition([register, rank]: readonly unknown[]): Rise | undefined {
    if (!isWithin(register, 0, this.#size - 1) || !isWithin(rank, 1, this.#rankMax))
      return undefined
    return { register, rank }
  }
}

type Decoder = ReturnType<typeof createDecoder>
type Set = (register: number, rank: number) => void

function writeSparse(encoder: Encoder, registers: Uint8Array): void {
  writeUint8(encoder, SPARSE)
  let next = 0
  registers.forEach((rank, register) => {
    if (rank === 0) return
    writeVarUint(encoder, (register - next) * 2 ** RANK_BITS + rank)
    next = register + 1
  })
}

function readSparse(decoder: Decoder, set: Set): void {
  let next = 0
  while (hasContent(decoder)) {
    const entry = readVarUint(decoder)
    const rank = entry % 2 ** RANK_BITS
    const register = next + (entry - rank) / 2 ** RANK_BITS
    set(register, rank)
    next = register + 1
  }
}

/** Four registers fill three bytes. */
function writePacked(encoder: Encoder, registers: Uint8Array): void {
  writeUint8(encoder, PACKED)
  for (let at = 0; at < registers.length; at += 4) {
    const four = registers.subarray(at, at + 4)
    const bits = four.reduce((before, rank) => (before << RANK_BITS) | rank, 0)
    writeUint8(encoder, bits >>> 16)
    writeUint8(encoder, (bits >>> 8) & 0xff)
    writeUint8(encoder, bits & 0xff)
  }
}

function readFour(decoder: Decoder, at: number, set: Set): void {
  const bits = (readUint8(decoder) << 16) | (readUint8(decoder) << 8) | readUint8(decoder)
  for (const offset of [0, 1, 2, 3]) set(at + offset, (bits >>> (RANK_BITS * (3 - offset))) & 0x3f)
}

function isWithin(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
}
