import { open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Syncs `directory` and its parents up to `top`, where the system can sync directories. */
export async function syncUpwards(directory: string, top: string): Promise<void> {
  if (process.platform === 'win32') return
  for (let at = directory; ; at = dirname(at)) {
    const handle = await open(at, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (at === top || at === dirname(at)) return
  }
}
