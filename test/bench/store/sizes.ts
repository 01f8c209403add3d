import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes of the files in a directory. */
export function bytesOn(directory: string): number {
  const sizes = readdirSync(directory, { withFileTypes: true }).map((file) => {
    const path = join(directory, file.name)
    return file.isDirectory() ? bytesOn(path) : statSync(path).size
  })
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Bytes that this process has had written to disks so far, by Linux's count. */
export function bytesWritten(io: string): number {
  return Number(/write_bytes: (\d+)/.exec(io)?.[1] ?? 0)
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
