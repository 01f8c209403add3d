import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'

import { ClassicLevel } from 'classic-level'

/** Where tables go that LevelDB can't read safely; they are kept for whoever wants to look. */
const SET_ASIDE = 'damaged-tables'

/**
 * Makes a database that LevelDB can't open, or not safely read, openable again: what it can't read is set
 * aside, and LevelDB makes a new manifest from the tables that are left. What is lost with them shows when
 * everything is looked at afterwards.
 */
export async function salvage(directory: string, damaged: readonly string[]): Promise<void> {
  if (damaged.length > 0) await mkdir(join(directory, SET_ASIDE), { recursive: true })
  for (const file of damaged) {
    await rename(join(directory, file), join(directory, SET_ASIDE, file))
  }
  await ClassicLevel.repair(directory)
}
