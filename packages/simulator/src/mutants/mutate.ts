import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Mutant } from './mutants.ts'

/** The packages that a history runs through. */
const PACKAGES = ['protocol', 'gossip', 'engine', 'replica', 'simulator']
const packagesFolder = fileURLToPath(new URL('../../../', import.meta.url))
const modulesFolder = join(packagesFolder, '..', 'node_modules')

/**
 * Makes a copy of the compiled packages in which one of them has a fault; answers the simulator's folder
 * in it. Whoever asked removes it.
 */
export async function mutate({ name, file, find, replace }: Mutant): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), 'rejoin-mutant-')), 'node_modules')
  await mkdir(join(folder, '@rejoin'), { recursive: true })
  for (const each of await readdir(modulesFolder)) {
    if (each === '@rejoin' || each.startsWith('.')) continue
    await symlink(join(modulesFolder, each), join(folder, each))
  }
  for (const each of PACKAGES) {
    const [from, to] = [join(packagesFolder, each), join(folder, '@rejoin', each)]
    await cp(join(from, 'dist'), join(to, 'dist'), { recursive: true })
    await cp(join(from, 'package.json'), join(to, 'package.json'))
  }
  const path = join(folder, '@rejoin', file)
  const parts = (await readFile(path, 'utf8')).split(find)
  if (parts.length !== 2) {
    throw new Error(`"${name}": ${file} has ${parts.length - 1} times what it is to change.`)
  }
  await writeFile(path, parts.join(replace))
  return join(folder, '@rejoin', 'simulator')
}

export async function removeMutant(simulator: string): Promise<void> {
  await rm(dirname(dirname(dirname(simulator))), { recursive: true, force: true })
}
