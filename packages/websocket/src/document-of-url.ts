import { checkDocumentName, type Result } from '@rejoin/protocol'

/**
 * The document that a stock client names in its URL: everything between the first `/` and the `?`,
 * percent-decoded. The request's own text is read, since `URL` would fold `..` away; where it can't
 * be decoded (`/100%`) it is taken as it is, as a name that nobody encoded.
 */
export function documentOfUrl(url: string): Result<string> {
  const queryAt = url.indexOf('?')
  const path = queryAt === -1 ? url : url.slice(0, queryAt)
  const encoded = path.slice(path.indexOf('/') + 1)
  try {
    return checkDocumentName(decodeURIComponent(encoded))
  } catch {
    return checkDocumentName(encoded)
  }
}
