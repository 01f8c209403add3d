/**
 * Sessions that stand at the same place of a document are handed the same bytes, so the frame made
 * of them is made once and shared by all their channels. It lives as long as those bytes do.
 */
export type Frame = (document: string, update: Uint8Array) => Uint8Array

/** `frame`, remembering for each distinct `Uint8Array` what it made of it. */
export function framedOnce(frame: Frame): Frame {
  const made = new WeakMap<Uint8Array, { document: string; frame: Uint8Array }>()
  return (document, update) => {
    const known = made.get(update)
    if (known?.document === document) return known.frame
    const fresh = { document, frame: frame(document, update) }
    made.set(update, fresh)
    return fresh.frame
  }
}
