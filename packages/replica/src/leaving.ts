import { covers, RejoinError, seqOf, type Version } from '@rejoin/protocol'
import type { Engine } from '@rejoin/engine'

import type { Driver } from './driver.ts'
import { REPLICA_LIMITS } from './limits.ts'
import { pause } from './pause.ts'

/** Between two looks at what the others hold, in ms. */
const LOOK_MS = 10

/**
 * Waits until some other member is known to hold all that is durable here, and a peer is there to be told
 * goodbye. Nothing is done yet, so it may be given up; `isOver` says that the replica closes anyway.
 */
export async function handedOver(
  driver: Driver,
  { timeoutMs, isOver }: { timeoutMs: number; isOver: () => boolean },
): Promise<void> {
  const deadline = driver.clock.now() + timeoutMs
  if (driver.engine.members.length === 0) {
    const reason = 'This replica knows no other member, so it can leave nothing to anybody.'
    throw new RejoinError('no-members', reason)
  }
  // Edits that were dispatched in this very turn have first to reach the engine.
  await pause(driver.clock, 0)
  for (let lacking = whatIsMissing(driver.engine); lacking !== undefined;) {
    if (isOver()) throw new RejoinError('closed', 'The replica was closed before it had left.')
    if (driver.clock.now() >= deadline) {
      const goesOn = 'Nothing was done, and this replica goes on.'
      throw new RejoinError('timeout', `${lacking} ${goesOn}`)
    }
    await pause(driver.clock, LOOK_MS)
    lacking = whatIsMissing(driver.engine)
  }
}

/** Why this replica can't leave yet, for a person. */
function whatIsMissing(engine: Engine): string | undefined {
  const { members, version } = engine
  if (!engine.isSettled) return 'Not everything that was accepted is on disk here yet.'
  if (!members.some((member) => engine.linkTo(member).state === 'linked')) {
    return 'No other member is linked with this replica.'
  }
  const others = members.filter(({ state }) => state !== 'failed')
  if (others.some((member) => covers(member.version, version))) return undefined
  const fewest = Math.min(...others.map((member) => countLacking(member.version, version)))
  const entries = fewest === 1 ? 'one entry' : `${fewest} entries`
  return `No other member is known to hold everything that this one does: each lacks ${entries} or more.`
}

function countLacking(theirs: Version, ours: Version): number {
  let count = 0
  for (const [origin, seq] of ours) count += Math.max(0, seq - seqOf(theirs, origin))
  return count
}

/** Tells all peers that this replica leaves, and waits until they have heard it: they close its links. */
export async function sayFarewell(driver: Driver): Promise<void> {
  const deadline = driver.clock.now() + REPLICA_LIMITS.farewellMs
  driver.dispatch({ type: 'farewell' })
  while (driver.linkCount > 0 && driver.clock.now() < deadline) await pause(driver.clock, LOOK_MS)
}
