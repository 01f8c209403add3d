/** Why a recording can't be replayed; the message is fit for the person who chose the file. */
export class TraceError extends Error {
  /** The transaction at fault, counted from 0 as in the file; `undefined` for the file as a whole. */
  readonly index: number | undefined

  constructor(message: string, index?: number) {
    super(index === undefined ? message : `Transaction ${index} can't be replayed: ${message}`)
    this.name = 'TraceError'
    this.index = index
  }
}
