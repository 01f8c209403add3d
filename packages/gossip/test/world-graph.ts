import type { World } from './world.ts'

/** To whom each replica that is up has an open link, by place. */
export function graphOf(world: World): Map<number, Set<number>> {
  const places = new Map(world.replicas.map(({ id, place }) => [id, place]))
  return new Map(
    world.up().map(({ place, gossip }) => {
      const peers = [...gossip.links.open()].map(({ replica }) => places.get(replica) ?? -1)
      return [place, new Set(peers)]
    }),
  )
}

/** Whether both ends of every link know of it. */
export function isSymmetric(graph: ReadonlyMap<number, ReadonlySet<number>>): boolean {
  return [...graph].every(([place, peers]) =>
    [...peers].every((peer) => graph.get(peer)?.has(place)),
  )
}

/** How many parts it has that no link joins. */
export function partsOf(graph: ReadonlyMap<number, ReadonlySet<number>>): number {
  const left = new Set(graph.keys())
  let parts = 0
  for (const first of graph.keys()) {
    if (!left.has(first)) continue
    parts += 1
    const reached = [first]
    for (const place of reached) {
      for (const peer of graph.get(place) ?? []) if (left.delete(peer)) reached.push(peer)
    }
    left.delete(first)
  }
  return parts
}

export function degreesOf(graph: ReadonlyMap<number, ReadonlySet<number>>): number[] {
  return [...graph.values()].map(({ size }) => size)
}
