import type { SimulatedReplica } from '../simulated-replica.ts'
import type { Incoming } from './incoming.ts'
import type { Names } from './names.ts'
import type { ReplicaState } from './page/recording.ts'

/** Looks at a replica. */
export function stateOf(replica: SimulatedReplica, incoming: Incoming, names: Names): ReplicaState {
  const { engine, disk } = replica
  const version = disk.version()
  const floors = [...disk.stored().floors].map(([id, { seq }]) => [id, seq] as const)
  const stability = engine?.stability
  return {
    life: engine === undefined ? 'down' : replica.process?.isAnswering === true ? 'up' : 'still',
    origin: names.placeOf(disk.replica),
    has: names.seqsOf(version),
    floor: names.seqsOf(new Map(floors)),
    stable: names.seqsOf(stability?.stable ?? new Map()),
    apart: stability?.divergence ?? 0,
    ...incoming.counts(version),
    isWriting: engine?.isSettled === false,
    failure: engine?.failure ?? '',
    damaged: disk.names.filter((name) => disk.document(name) === undefined),
    isAhead: disk.isAhead,
  }
}
