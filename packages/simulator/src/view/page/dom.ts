/** Builds elements. Text is only ever set as text, never as markup. */
export type Attributes = Readonly<Record<string, string | number>>

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag)
  setAll(node, attributes)
  node.append(...children)
  return node
}

const SVG = 'http://www.w3.org/2000/svg'

export function drawing<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): SVGElementTagNameMap[Tag] {
  const node = document.createElementNS(SVG, tag)
  setAll(node, attributes)
  node.append(...children)
  return node
}

/** The element of the page with this id. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`The page has no ${id}.`)
  return found
}

type Tags = HTMLElementTagNameMap & Pick<SVGElementTagNameMap, 'svg'>

/** The same, where it matters what element it is. */
export function byTag<Tag extends keyof Tags>(tag: Tag, id: string): Tags[Tag] {
  const found = document.querySelector<Tags[Tag]>(`${tag}#${id}`)
  if (found === null) throw new Error(`The page has no ${tag} that is its ${id}.`)
  return found
}

export function setAll(node: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, `${value}`)
}

/** Sets the attribute where it differs, so that what stays the same costs nothing. */
export function setAttribute(node: Element, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value)
}

export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text
}
