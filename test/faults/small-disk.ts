import { spawnSync } from 'node:child_process'
import { closeSync, cpSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const BALLAST = 'ballast'
const PIECE_BYTES = 4_096

/** What a process is started with so that `directory` is a disk of `megabytes` that it alone sees. */
export function onSmallDisk(directory: string, megabytes: number): string[] {
  const mount = 'mount -t tmpfs -o size="$1"m rejoin "$0" && shift && exec "$@"'
  const shell = ['sh', '-c', mount, directory, `${megabytes}`]
  return ['unshare', '--mount', '--map-root-user', ...shell]
}

/** Whether such disks can be made here. */
export function hasSmallDisks(): boolean {
  const [command, ...rest] = [...onSmallDisk('/mnt', 1), 'true']
  return spawnSync(command, rest).status === 0
}

/** The disk of a process, seen from outside. */
export class SmallDisk {
  readonly #path: string

  constructor(pid: number, directory: string) {
    this.#path = join(`/proc/${pid}/root`, directory)
  }

  /** Takes all the room that is left. */
  fill(): void {
    const file = openSync(join(this.#path, BALLAST), 'a')
    try {
      for (;;) writeSync(file, Buffer.alloc(PIECE_BYTES))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(file)
    }
  }

  /** Gives the room back. */
  free(): void {
    rmSync(join(this.#path, BALLAST))
  }

  /** What is on it at this moment, for when the process is gone and the disk with it. */
  copyTo(directory: string): void {
    cpSync(this.#path, directory, { recursive: true })
  }
}
