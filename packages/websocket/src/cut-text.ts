/**
 * Text within a number of bytes of UTF-8: a WebSocket close frame carries at most 123 of them for
 * its reason, and a longer reason is an error there. A character is never cut in two.
 */
export const CLOSE_REASON_BYTES_MAX = 123

const encoder = new TextEncoder()

/** The longest beginning of `text` that takes at most `bytesMax` bytes of UTF-8. */
export function cutText(text: string, bytesMax: number): string {
  // `encodeInto` stops before the first character that does not fit.
  const { read } = encoder.encodeInto(text, new Uint8Array(bytesMax))
  return text.slice(0, read)
}
