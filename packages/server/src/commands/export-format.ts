/** What `rejoin export` writes and `rejoin import` reads: files of one update, and an index of them. */
export const INDEX_FILE = 'index.jsonl'

/** File systems take 255 bytes; a number and the ending take the rest. */
const NAME_CHARACTERS_MAX = 200

/** A file name that tells the document's, as far as a file system allows. */
export function fileOf(document: string, number: number): string {
  const name = encodeURIComponent(document).replace(/[.*]/g, (each) => {
    return `%${each.charCodeAt(0).toString(16).toUpperCase()}`
  })
  const digits = String(number + 1).padStart(6, '0')
  return `${digits}-${name.slice(0, NAME_CHARACTERS_MAX)}.yjs`
}
