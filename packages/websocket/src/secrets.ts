/** What both ends of a link between replicas that share a secret must agree on, with its unit. */
export const SECRET_LIMITS = {
  /** Secrets of one replica at once: rotation needs two. Each costs one proof in a frame. */
  secretsMax: 4,
  /** Bytes of one secret; fewer could be guessed from a proof that somebody has overheard. */
  secretBytesMin: 16,
  secretBytesMax: 1_024,
} as const

/** All of them are accepted; of those that both ends have, the first at the dialled end is used. */
export type Secrets = readonly Uint8Array[]

/** A copy that nobody changes. Throws a `RangeError` where there are too few, or one won't do. */
export function checkedSecrets(secrets: Secrets): Secrets {
  const { secretsMax, secretBytesMin, secretBytesMax } = SECRET_LIMITS
  if (secrets.length === 0 || secrets.length > secretsMax) {
    throw new RangeError(`${secrets.length} secrets are given; there must be 1 to ${secretsMax}.`)
  }
  for (const { length } of secrets) {
    if (length >= secretBytesMin && length <= secretBytesMax) continue
    const bounds = `${secretBytesMin} to ${secretBytesMax}`
    throw new RangeError(`A secret has ${length} bytes; it must have ${bounds}.`)
  }
  return secrets.map((secret) => secret.slice())
}
