import { liveThrough } from '../live-through.ts'

/** Lives one history after the other until one breaks a rule, and says which; `null` if none did. */
async function untilBroken(seedsMax: number): Promise<{ seeds: number; message: string } | null> {
  for (let seed = 1; seed <= seedsMax; seed++) {
    const [broken] = (await liveThrough(seed, 1)).broken
    if (broken !== undefined) return { seeds: seed, message: broken.message.slice(0, 200) }
  }
  return null
}

process.stdout.write(JSON.stringify(await untilBroken(Number(process.argv[2]))))
