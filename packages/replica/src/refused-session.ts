import type { Rejection } from '@rejoin/protocol'

import type { Clock } from './ports/clock.ts'
import type { Session, SessionListener } from './session.ts'

/** A session that is over before it has begun, which its owner hears soon. */
export function refusedSession(
  clock: Clock,
  listener: SessionListener,
  rejection: Rejection,
): Session {
  clock.soon(() => listener.closed(rejection))
  const nothing = (): void => {}
  return {
    open: nothing,
    edit: nothing,
    presence: nothing,
    leave: nothing,
    pause: nothing,
    resume: nothing,
    close: nothing,
  }
}
