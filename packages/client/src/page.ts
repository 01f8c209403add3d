/**
 * What a browser tells a page about its network and its end. Where there is no page (Node), nothing
 * is ever heard.
 */
export interface PageListener {
  /** The machine has a network again, perhaps another one. */
  online(): void
  /** The page is being left or frozen; what is sent now may be the last that is. */
  pagehide(): void
}

/** Returns the undo. */
export function listenToPage(listener: PageListener): () => void {
  if (!('addEventListener' in globalThis)) return () => {}
  const online = (): void => listener.online()
  const pagehide = (): void => listener.pagehide()
  globalThis.addEventListener('online', online)
  globalThis.addEventListener('pagehide', pagehide)
  return () => {
    globalThis.removeEventListener('online', online)
    globalThis.removeEventListener('pagehide', pagehide)
  }
}
