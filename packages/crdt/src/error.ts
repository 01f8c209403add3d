export type CrdtErrorCode =
  /** A schema that can't be: a reserved or malformed field name, or options that contradict. */
  | 'bad-schema'
  /** A key or a writer's name that is no string of an allowed length. */
  | 'bad-key'
  /** A value that JSON can't carry exactly. */
  | 'not-json'
  /** An amount that is no integer, or not one of those that this method takes. */
  | 'not-an-integer'
  /** A value or a total beyond its limit. */
  | 'too-large'
  /** An index that is not in the list or among the children, or a quantile that is not from 0 to 1. */
  | 'out-of-range'
  /** An element or a node that is not there (any more). */
  | 'gone'
  /** A node would come to lie under itself. */
  | 'cycle'
  /** A bounded counter: this writer holds fewer rights than it would spend. */
  | 'not-enough-rights'
  /** A bounded counter: another live copy of the document spends the same writer's rights. */
  | 'writer-in-use'
  /** A register was to be written through a binding that has no clock. */
  | 'no-clock'
  /** The document holds another type at this name. */
  | 'wrong-type'

/**
 * What the data types refuse. `code` is stable; `message` says what happened and what to do. Whoever
 * gets one has changed nothing.
 */
export class CrdtError extends Error {
  readonly code: CrdtErrorCode

  constructor(code: CrdtErrorCode, message: string) {
    super(message)
    this.name = 'CrdtError'
    this.code = code
  }
}

/** Refused for want of rights: says how many are held here, and where the others are. */
export class NotEnoughRightsError extends CrdtError {
  /** The rights that this writer holds. */
  readonly held: number
  /** What the other writers hold, as far as this copy knows; those that hold none are not named. */
  readonly elsewhere: ReadonlyMap<string, number>

  constructor(wanted: number, held: number, elsewhere: ReadonlyMap<string, number>) {
    const others = Array.from(elsewhere, ([writer, rights]) => `'${writer}' ${rights}`)
    const rest = others.length === 0 ? 'nobody holds more' : `held elsewhere: ${others.join(', ')}`
    super(
      'not-enough-rights',
      `${wanted} rights are needed and ${held} held here; ${rest}. Ask a holder to transfer some.`,
    )
    this.name = 'NotEnoughRightsError'
    this.held = held
    this.elsewhere = elsewhere
  }
}
