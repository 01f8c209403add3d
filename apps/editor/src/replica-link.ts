import { parseReplicaId, type ReplicaId, type Version } from '@rejoin/protocol'
import type { ReplicaStatus } from '@rejoin/replica'

/**
 * What the page knows of one replica, by asking for its status again and again, and the commands
 * that cut and mend its links. One question is under way at a time. A replica that does not answer
 * keeps its last status and is asked less often.
 */
export const POLL_MS = 300
const POLL_SILENT_MS = 1000
const ANSWER_TIMEOUT_MS = 2000
/** What a replica answers that was not started to be played with. */
const FORBIDDEN = 403

export class ReplicaLink {
  readonly address: string
  /** The last status that was received; `undefined` before the first. */
  status: ReplicaStatus | undefined
  answering = false
  /** Whether the first question has had an answer, or has failed to get one. */
  asked = false
  /** Why the replica refuses to cut and mend links; `undefined` as long as it has not. */
  refusal: string | undefined
  readonly #changed: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #asking = false
  #askAgain = false

  /** `changed` is called after each answer, and each failure to get one. */
  constructor(address: string, changed: () => void) {
    this.address = address
    this.#changed = changed
  }

  start(): void {
    void this.#ask()
  }

  /** Cuts the link to `peer`, or mends this end of it, and asks for the status at once. */
  async command(verb: 'cut' | 'mend', peer: ReplicaId): Promise<void> {
    const url = `${this.address}/links/${peer}`
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
    try {
      const response = await fetch(url, { method: verb === 'cut' ? 'DELETE' : 'PUT', signal })
      if (response.status === FORBIDDEN) this.refusal = reasonIn(await response.json())
    } catch {
      // It does not answer, which the next question for its status shows.
    }
    if (this.#asking) this.#askAgain = true
    else await this.#ask()
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer)
    this.#asking = true
    try {
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
      const response = await fetch(`${this.address}/status`, { signal, cache: 'no-store' })
      const status = readStatus(await response.json())
      this.answering = status !== undefined
      this.status = status ?? this.status
    } catch {
      this.answering = false
    }
    this.#asking = false
    this.asked = true
    this.#changed()
    const pauseMs = this.answering ? POLL_MS : POLL_SILENT_MS
    this.#timer = setTimeout(() => void this.#ask(), this.#askAgain ? 0 : pauseMs)
    this.#askAgain = false
  }
}

/** The version that a status reports; an origin that is no replica id is left out. */
export function versionFromStatus(reported: Readonly<Record<string, number>>): Version {
  const version = new Map<ReplicaId, number>()
  for (const [text, seq] of Object.entries(reported)) {
    const origin = parseReplicaId(text)
    if (origin !== undefined) version.set(origin, seq)
  }
  return version
}

/** `json` as a status, or `undefined` where something else answers at the address. */
export function readStatus(json: unknown): ReplicaStatus | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  const { replica, version, stable, union, members } = json as Record<string, unknown>
  if (typeof replica !== 'string' || parseReplicaId(replica) === undefined) return undefined
  if (![version, stable, union].every(isCounts) || !Array.isArray(members)) return undefined
  return json as ReplicaStatus
}

function isCounts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).every((count) => Number.isSafeInteger(count))
}

/** The reason in an error's body, `{error: {code, message}}`. */
function reasonIn(json: unknown): string {
  const { error } = (json ?? {}) as { error?: { message?: unknown } }
  const { message } = error ?? {}
  return typeof message === 'string' ? message : 'This replica cuts and mends no links.'
}
