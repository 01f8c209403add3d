/**
 * Recordings count characters in Unicode code points, and Yjs in UTF-16 units. The two differ once
 * a text has astral characters, those that take two units: most emoji, for example.
 */
const SURROGATE = /[\ud800-\udfff]/

export function hasAstral(text: string): boolean {
  return SURROGATE.test(text)
}

/** The UTF-16 unit at which code point `position` of well-formed `text` begins, or `undefined`. */
export function unitAt(text: string, position: number): number | undefined {
  let unit = 0
  for (let left = position; left > 0; left--) {
    if (unit >= text.length) return undefined
    unit += isHighSurrogate(text.charCodeAt(unit)) ? 2 : 1
  }
  return unit
}

/** The code points before UTF-16 unit `unit` of well-formed `text`. */
export function codePointsBefore(text: string, unit: number): number {
  let points = 0
  for (let at = 0; at < unit; points++) at += isHighSurrogate(text.charCodeAt(at)) ? 2 : 1
  return points
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}
