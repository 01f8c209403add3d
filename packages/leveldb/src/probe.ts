import { open, readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'

/** What LevelDB writes anew when it is opened is at least this much. */
const PROBE_BYTES_MIN = 1_048_576
const CHUNK_BYTES = 1_048_576

/**
 * Rejects unless the disk of `directory` takes about what opening it anew will write: LevelDB turns its
 * logs into tables then, and keeps both for a moment.
 */
export async function probe(directory: string): Promise<void> {
  const path = join(directory, 'probe')
  const file = await open(path, 'w')
  try {
    let bytesLeft = Math.max(PROBE_BYTES_MIN, 2 * (await logFileBytes(directory)))
    for (; bytesLeft > 0; bytesLeft -= CHUNK_BYTES) await file.write(new Uint8Array(CHUNK_BYTES))
    await file.sync()
  } finally {
    await file.close()
    await unlink(path)
  }
}

async function logFileBytes(directory: string): Promise<number> {
  const logs = (await readdir(directory)).filter((file) => /^\d+\.log$/.test(file))
  const sizes = await Promise.all(logs.map((file) => stat(join(directory, file))))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}
