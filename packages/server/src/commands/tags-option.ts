import type { Given } from '../command-line/given.ts'

type Tags = Readonly<Record<string, string>>

/** The values of `--tag k=v`, given as often as one likes. */
export function readTags(given: Given): Tags {
  const tags = new Map<string, string>()
  for (const text of given.list('tag')) {
    const at = text.indexOf('=')
    const name = text.slice(0, at)
    if (at < 1) throw given.bad('tag', 'must be a name and a value, like region=eu')
    if (tags.has(name)) throw given.bad('tag', `must name ${JSON.stringify(name)} once`)
    tags.set(name, text.slice(at + 1))
  }
  return Object.fromEntries(tags)
}

/** Whether all of `wanted` are among `tags`. */
export function hasTags(tags: Tags, wanted: Tags): boolean {
  return Object.entries(wanted).every(([name, value]) => tags[name] === value)
}

export function tagsText(tags: Tags): string {
  const texts = Object.entries(tags).map(([name, value]) => `${name}=${value}`)
  return texts.length === 0 ? '-' : texts.join(',')
}
