const PATTERN = /^#t=(\d+(?:\.\d+)?)$/

/** The moment that the page's address names, in ms. */
export function anchoredMs(): number | undefined {
  const found = PATTERN.exec(location.hash)?.[1]
  return found === undefined ? undefined : Number(found)
}

/** Makes the address name this moment, so that it can be kept and passed on. */
export function anchorTo(ms: number): void {
  const hash = `#t=${Math.round(ms)}`
  if (location.hash !== hash) history.replaceState(undefined, '', hash)
}
