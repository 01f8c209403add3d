import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import type { Chance } from '@rejoin/gossip'

import type { DiskCall } from './disk-trace.ts'

interface File {
  bytes: Uint8Array
  /** What is on the disk for certain. */
  synced: Uint8Array
  /** The change of names by which it came to be. */
  born: number
  /** Whether it was written to anywhere but at its end. */
  isRewritten: boolean
}

type Names = Map<string, File>

/**
 * What is on a disk when the power goes, after the first `count` calls of a trace. Of each file what was
 * synced is there; of the rest nothing, a part, zeros or garbage. Changes of names reach the disk in their
 * order; a synced directory has all of them, and a synced file those up to its own (as the journals of
 * ext4, XFS and Btrfs do), and of the others some first ones.
 */
export class PowerCut {
  readonly #directory: string
  readonly #chance: Chance
  readonly #names: Names = new Map()
  readonly #changes: ((names: Names) => void)[] = []
  /** How many changes of names are on the disk for certain. */
  #durable = 0

  constructor(directory: string, chance: Chance) {
    this.#directory = directory
    this.#chance = chance
  }

  /** Lets the calls happen; answers what the process had told by then. */
  play(calls: readonly DiskCall[]): string[] {
    const said: string[] = []
    const lengths: Map<File, number>[] = []
    for (const call of calls) {
      lengths.push(new Map([...this.#names.values()].map((file) => [file, file.bytes.length])))
      if (call.type === 'said') said.push(call.text)
      else this.#happen(call, lengths)
    }
    return said
  }

  #happen(call: Exclude<DiskCall, { type: 'said' }>, lengths: readonly Map<File, number>[]): void {
    const file = this.#names.get(call.path)
    switch (call.type) {
      case 'open':
        if (file === undefined && call.creates) this.#create(call.path)
        else if (file !== undefined && call.truncates) file.bytes = new Uint8Array()
        return
      case 'write':
        return this.#write(file ?? this.#create(call.path), call)
      case 'sync':
        return this.#sync(call.path, file, lengths[call.since] ?? new Map())
      case 'rename':
        return this.#change((names) => {
          const moved = names.get(call.path)
          if (moved !== undefined) names.set(call.to, moved)
          names.delete(call.path)
        })
      case 'link':
        return this.#change((names) => {
          const linked = names.get(call.path)
          if (linked !== undefined) names.set(call.to, linked)
        })
      case 'unlink':
        return this.#change((names) => void names.delete(call.path))
      case 'mkdir':
        return
    }
  }

  #create(path: string): File {
    const file: File = {
      bytes: new Uint8Array(),
      synced: new Uint8Array(),
      born: this.#changes.length + 1,
      isRewritten: false,
    }
    this.#change((names) => void names.set(path, file))
    return file
  }

  #change(change: (names: Names) => void): void {
    change(this.#names)
    this.#changes.push(change)
  }

  #write(file: File, { at, bytes }: DiskCall & { type: 'write' }): void {
    const start = at ?? file.bytes.length
    const grown = new Uint8Array(Math.max(file.bytes.length, start + bytes.length))
    grown.set(file.bytes)
    grown.set(bytes, start)
    if (at !== undefined) file.isRewritten = true
    file.bytes = grown
  }

  #sync(path: string, file: File | undefined, before: ReadonlyMap<File, number>): void {
    if (file === undefined) {
      this.#durable = this.#changes.length
      return
    }
    const covered = file.isRewritten ? file.bytes.length : (before.get(file) ?? 0)
    file.synced = file.bytes.slice(0, Math.max(covered, file.synced.length))
    this.#durable = Math.max(this.#durable, path === this.#directory ? 0 : file.born)
  }

  /** Writes to `target` what is left. */
  leave(target: string): void {
    const pending = this.#changes.length - this.#durable
    const some = this.#durable + Math.floor(this.#chance.next() * (pending + 1))
    const names: Names = new Map()
    for (const change of this.#changes.slice(0, some)) change(names)
    mkdirSync(target, { recursive: true })
    for (const [path, file] of names) {
      const to = `${target}${path.slice(this.#directory.length)}`
      mkdirSync(dirname(to), { recursive: true })
      writeFileSync(to, this.#left(file))
    }
  }

  #left({ bytes, synced, isRewritten }: File): Uint8Array {
    const draw = this.#chance.next()
    if (isRewritten) return draw < 0.5 ? synced : bytes
    const tail = bytes.slice(synced.length)
    const kept = tail.slice(0, Math.floor(this.#chance.next() * (tail.length + 1)))
    if (draw < 0.25) return synced
    if (draw < 0.5) return Buffer.concat([synced, kept])
    if (draw < 0.65) return Buffer.concat([synced, kept, new Uint8Array(tail.length - kept.length)])
    if (draw < 0.8) {
      const garbage = Uint8Array.from(tail.slice(kept.length), () => this.#chance.next() * 256)
      return Buffer.concat([synced, kept, garbage])
    }
    return bytes
  }
}
