import { ClassicLevel } from 'classic-level'

import { SURVIVED } from './reading-trial.ts'

// A process that reads everything in the database that it is given, and says when it has got through. What
// LevelDB finds in a damaged table can end its process, which is why it is not ours.
const [directory] = process.argv.slice(2)
const options = { keyEncoding: 'view', valueEncoding: 'view' } as const
const database = new ClassicLevel<Uint8Array, Uint8Array>(directory as string, options)
await database.open({ createIfMissing: false })
for (const reverse of [false, true]) {
  const iterator = database.keys({ reverse, highWaterMarkBytes: 1_048_576 })
  for (;;) {
    const keys = await iterator.nextv(1_000)
    if (keys.length === 0) break
    // Each by itself too: looking for a key, LevelDB jumps to places that it passes over otherwise.
    await database.getMany(keys)
  }
  await iterator.close()
}
await database.close()
process.stdout.write(SURVIVED)
