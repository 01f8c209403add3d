import { checkDocumentName } from '@rejoin/protocol'

/**
 * The document's name lives in the page's address (`?document=`), so that a link or a bookmark opens
 * the same document, and the browser's back button returns to the one before.
 */
const DEFAULT_NAME = 'welcome'

export function documentOf(page: URL): string {
  const name = page.searchParams.get('document') ?? DEFAULT_NAME
  return checkDocumentName(name).ok ? name : DEFAULT_NAME
}

/** Changes the address without loading the page anew. */
export function goToDocument(name: string): void {
  const page = new URL(location.href)
  page.searchParams.set('document', name)
  history.pushState(null, '', page)
}

/** Why `name` can't be a document's name, or `undefined` where it can. */
export function complaintAbout(name: string): string | undefined {
  const checked = checkDocumentName(name)
  return checked.ok ? undefined : checked.rejection.reason
}
