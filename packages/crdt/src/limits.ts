/** Every bound of the data types, with its unit in its name. What is over one is refused. */
export const CRDT_LIMITS = {
  /** A field's name or a map's key, in UTF-16 units. */
  keyLengthMax: 512,
  /** The path of a value in its schema, in UTF-16 units. */
  pathLengthMax: 2_048,
  /** Fields, keys and children between the document and a value. */
  pathDepthMax: 32,
  /** A writer's name, in UTF-16 units. */
  writerLengthMax: 64,
  /** A JSON value: levels of arrays and objects. */
  valueDepthMax: 64,
  /** A JSON value: UTF-16 units in its strings and keys, plus one for each value in it. */
  valueSizeMax: 1_048_576,
  /** Decimal digits in the sum of a counter. */
  counterDigitsMax: 1_000,
  /** How far one writer's stamps may run ahead of its own clock. */
  clockDriftMsMax: 300_000,
  /** Elements of a list or children of a node that are placed between two old ones before all are placed anew. */
  positionDepthMax: 16,
  /** Additions to a summary that stand on their own before their writer folds them into one. */
  unfoldedMax: 64,
} as const
