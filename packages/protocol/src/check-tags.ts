import { hasControlCharacter, utf8Length } from './document-name.ts'
import { LIMITS } from './limits.ts'
import type { Tags } from './member-record.ts'
import { accept, reject, type Result } from './rejection.ts'

/**
 * Tags as an operator gives them: at most `LIMITS.tagsMax`, and of each the name and the value at most
 * `LIMITS.tagBytesMax` bytes of well-formed UTF-8 without control characters, the name not empty.
 */
export function checkTags(given: Readonly<Record<string, string>>): Result<Tags> {
  const tags = Object.entries(given)
  if (tags.length > LIMITS.tagsMax) {
    const reason = `There are ${tags.length} tags; a replica has ${LIMITS.tagsMax} at most.`
    return reject('too-many', reason)
  }
  for (const [name, value] of tags) {
    if (name === '') return reject('bad-name', 'A tag has no name; give it one, like region=eu.')
    for (const text of [name, value]) {
      const rejected = checkText(name, text)
      if (!rejected.ok) return rejected
    }
  }
  return accept(new Map(tags.toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

function checkText(name: string, text: string): Result<string> {
  const what = text === name ? 'name' : 'value'
  if (typeof text !== 'string' || !text.isWellFormed() || hasControlCharacter(text)) {
    const reason = `The ${what} of the tag ${JSON.stringify(name)} is no text that can be shown.`
    return reject('bad-name', reason)
  }
  if (utf8Length(text) <= LIMITS.tagBytesMax) return accept(text)
  const bytes = `${utf8Length(text)} bytes of UTF-8; it may have ${LIMITS.tagBytesMax}`
  return reject('too-large', `The ${what} of the tag ${JSON.stringify(name)} has ${bytes}.`)
}
