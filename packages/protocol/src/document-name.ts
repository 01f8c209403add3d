import { LIMITS } from './limits.ts'
import { accept, reject, type Result } from './rejection.ts'

// Control characters would break log lines and terminals; every other character, `/` and `..`
// included, is just a character: a name is never a path.
// oxlint-disable-next-line no-control-regex -- these are what is being looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

export function hasControlCharacter(text: string): boolean {
  return CONTROL.test(text)
}

/** A document's name is 1 to 1,024 bytes of well-formed UTF-8 without control characters. */
export function checkDocumentName(name: string): Result<string> {
  if (name.length === 0) return reject('bad-name', 'The document name is empty; give it a name.')
  if (!name.isWellFormed()) {
    return reject('bad-name', 'The document name has a lone surrogate; send well-formed Unicode.')
  }
  if (utf8Length(name) > LIMITS.documentNameBytesMax) {
    return reject(
      'bad-name',
      `The document name is over ${LIMITS.documentNameBytesMax} bytes of UTF-8; shorten it.`,
    )
  }
  if (hasControlCharacter(name)) {
    return reject('bad-name', 'The document name has a control character; remove it.')
  }
  return accept(name)
}

/** The bytes of UTF-8 that well-formed `text` takes. */
export function utf8Length(text: string): number {
  let bytes = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) bytes += 1
    else if (unit < 0x800 || (unit >= 0xd800 && unit < 0xe000)) bytes += 2
    else bytes += 3
  }
  return bytes
}
