import { decodeWith, encodeWith, fail, write } from './codec.ts'
import { LIMITS } from './limits.ts'
import type { Result } from './rejection.ts'

/**
 * The presence of one Yjs client, as y-protocols' awareness encodes it: its state is JSON text that
 * a replica passes on without reading it, and `null` says that the client is gone.
 */
export interface PresenceState {
  readonly client: number
  readonly clock: number
  readonly state: string
}

export const PRESENCE_GONE = 'null'

export function encodePresence(states: readonly PresenceState[]): Uint8Array {
  return encodeWith((writer) => {
    write.uint(writer, states.length)
    for (const { client, clock, state } of states) {
      write.uint(writer, client)
      write.uint(writer, clock)
      write.text(writer, state)
    }
  })
}

export function decodePresence(update: Uint8Array): Result<PresenceState[]> {
  return decodeWith(update, (reader) => {
    const states: PresenceState[] = []
    let left = reader.count(LIMITS.presenceStatesMax, 3, 'presence states')
    for (; left > 0; left--) {
      const client = reader.uint()
      const clock = reader.uint()
      const state = reader.text(LIMITS.presenceStateBytesMax, 'presence state')
      if (!isJSON(state)) fail('malformed', 'A presence state is not JSON.')
      states.push({ client, clock, state })
    }
    return states
  })
}

// Receivers parse the text, and stock clients throw on what does not parse.
function isJSON(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
