/** What really happened in a run: a run in which nothing rare happens shows nothing. */
export interface Happened {
  crashes: number
  /** Of which nobody was told. */
  vanished: number
  /** Processes that ended as they should, and came back. */
  restarts: number
  /** Processes that came back as another release, which speaks another protocol. */
  upgrades: number
  /** All at once. */
  blackouts: number
  /** Processes that stood still for a while. */
  standstills: number
  partitions: number
  /** Links on which one way all was lost, and nobody was told. */
  halfOpen: number
  /** Pairs between which nothing got through one way, until that was mended. */
  obstructions: number
  /** Links that had more on their way than they should. */
  blocked: number
  bursts: number
  moves: number
  /** People who went for good. */
  departures: number
  /** Documents that a replica compacted. */
  compactions: number
  /** Of which what is on disk was replaced. */
  compactionsOnDisk: number
  pauses: number
  lostFrames: number
  /** Frames in which a bit was flipped on the way. */
  flips: number
  stalls: number
  clockJumps: number
  duplicates: number
  trims: number
  /** Replicas brought up by documents. */
  jumps: number
  /** Changes that a disk had no room for. */
  failures: number
  failedReads: number
  damages: number
  repairs: number
  restores: number
  copies: number
  renewals: number
  /** Logs of which entries were published anew, and dropped. */
  cuts: number
  /** Replicas that stayed broken while the others were well, and had to converge. */
  leftBroken: number
}

export const NOTHING_HAPPENED: Happened = {
  crashes: 0,
  vanished: 0,
  restarts: 0,
  upgrades: 0,
  blackouts: 0,
  standstills: 0,
  partitions: 0,
  halfOpen: 0,
  obstructions: 0,
  blocked: 0,
  bursts: 0,
  moves: 0,
  departures: 0,
  compactions: 0,
  compactionsOnDisk: 0,
  pauses: 0,
  lostFrames: 0,
  flips: 0,
  stalls: 0,
  clockJumps: 0,
  duplicates: 0,
  trims: 0,
  jumps: 0,
  failures: 0,
  failedReads: 0,
  damages: 0,
  repairs: 0,
  restores: 0,
  copies: 0,
  renewals: 0,
  cuts: 0,
  leftBroken: 0,
}
