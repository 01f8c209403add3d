import { link, mkdir, readdir, readFile, rename, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'

import { syncUpwards } from './directory-sync.ts'

/** Where the files lie while a directory is being opened, and until they are all there. */
const KEPT = 'before-opening'
const BEING_KEPT = 'before-opening.part'

/**
 * LevelDB deletes, on opening, what it takes for leftovers: with a damaged manifest that can be the data.
 * So its files are kept first, as second links that cost no space, until what was opened has been looked
 * at; if it is refused, they are put back, and the directory is as it was. Where files can't have
 * two links it goes on without.
 */
export async function keepFiles(directory: string): Promise<void> {
  const part = join(directory, BEING_KEPT)
  await rm(part, { recursive: true, force: true })
  await mkdir(part)
  try {
    for (const file of await databaseFiles(directory)) {
      await link(join(directory, file), join(part, file))
    }
  } catch {
    return await rm(part, { recursive: true, force: true })
  }
  await rename(part, join(directory, KEPT))
}

/**
 * Deals with what an opening has kept that broke off: puts it back, unless nothing was opened, or the
 * witness has seen what was. LevelDB begins a new manifest with each opening, which tells.
 */
export async function endBrokenOpening(
  directory: string,
  witnessed: string | undefined,
): Promise<void> {
  const kept = await currentManifest(join(directory, KEPT))
  if (kept === '') return
  const current = await currentManifest(directory)
  const isOpened = current !== kept
  if (isOpened && current !== witnessed) await putBack(directory)
  else await dropKept(directory)
}

/** The manifest that LevelDB goes by; empty where there is none. */
export async function currentManifest(directory: string): Promise<string> {
  const current = await readFile(join(directory, 'CURRENT'), 'utf8').catch(() => '')
  return current.trim()
}

/** What was opened is sound: nothing needs to be put back, ever. */
export async function dropKept(directory: string): Promise<void> {
  const dropped = join(directory, BEING_KEPT)
  await rm(dropped, { recursive: true, force: true })
  try {
    await rename(join(directory, KEPT), dropped)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  // Before anything is written: put back later, what was kept would undo it.
  await syncUpwards(directory, directory)
  await rm(dropped, { recursive: true, force: true })
}

/** Puts back what was kept, if anything was. */
export async function putBack(directory: string): Promise<void> {
  const kept = join(directory, KEPT)
  const files = await readdir(kept).catch(() => [])
  if (files.length === 0) return
  for (const file of await databaseFiles(directory)) await unlink(join(directory, file))
  for (const file of files) await link(join(kept, file), join(directory, file))
  await syncUpwards(directory, directory)
  await dropKept(directory)
}

/** LevelDB's files with something in them: tables, logs, manifests, and which one is current. */
async function databaseFiles(directory: string): Promise<string[]> {
  const files = await readdir(directory)
  return files.filter((file) => /^(\d+\.(ldb|sst|log)|MANIFEST-\d+|CURRENT)$/.test(file))
}
