// Opens each directory that a line of its input names, reads all of it, and answers with a line of JSON: what
// it holds, or why it is refused. A process of its own, since a damaged database can end the one it is in.
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

import { openLeveldbStore } from '@rejoin/leveldb'

for await (const directory of createInterface({ input: process.stdin })) {
  writeSync(1, `${JSON.stringify(await answer(directory))}\n`)
}

async function answer(directory) {
  let store
  try {
    store = await openLeveldbStore(directory)
    return { contents: await contentsOf(store), problems: problemsOf(store) }
  } catch (error) {
    if (error.name !== 'RejoinError') return { thrown: String(error.stack) }
    return { refused: error.code, message: error.message }
  } finally {
    await store?.close()
  }
}

async function contentsOf(store) {
  const contents = { documents: `${store.documentCount()}` }
  for (const name of await store.listDocuments({ limit: 1000 })) {
    contents[name] = await store.readDocument(name).then(
      ({ updates }) => sumOf(updates),
      (error) => error.code,
    )
  }
  for (const [origin, { seq, hash }] of store.recovered.heads) {
    const from = (store.recovered.floors.get(origin)?.seq ?? 0) + 1
    const { entries } = await store.readEntries(origin, { from, to: seq, bytesMax: 1e9 })
    contents[origin] = `${seq} ${hash} ${from} ${sumOf(entries)}`
  }
  contents.members = sumOf(
    store.recovered.members.filter(({ retired }) => !retired).map(({ replica }) => replica),
  )
  return contents
}

/** That it is a copy is no damage here: it was made to be one. */
function problemsOf(store) {
  const { problems } = store.recovered
  return problems.filter(({ kind }) => kind !== 'identity').map(({ message }) => message)
}

function sumOf(parts) {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length} `).update(part)
  return hash.digest('hex').slice(0, 16)
}
