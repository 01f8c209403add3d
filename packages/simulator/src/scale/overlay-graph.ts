import type { ScaleWorld } from './scale-world.ts'

/** Who is linked to whom, by place, as gossip at each end sees it; the dead have nobody. */
export type OverlayGraph = readonly (readonly number[])[]

export function graphOf(world: ScaleWorld): OverlayGraph {
  const graph: number[][] = world.cast.ids.map(() => [])
  for (const place of world.up()) {
    for (const { replica } of world.replica(place).gossip.links.open()) {
      graph[place]?.push(world.cast.placeOf(replica))
    }
  }
  return graph
}

/** Hops from `source` to everybody; −1 where there is no way. */
export function hopsFrom(source: number, graph: OverlayGraph): Int32Array {
  const hops = new Int32Array(graph.length).fill(-1)
  hops[source] = 0
  const queue = [source]
  for (const place of queue) {
    for (const next of graph[place] ?? []) {
      if (hops[next] !== -1) continue
      hops[next] = (hops[place] ?? 0) + 1
      queue.push(next)
    }
  }
  return hops
}

/** Whether there is a way between any two of `places`. */
export function isConnected(graph: OverlayGraph, places: readonly number[]): boolean {
  const hops = hopsFrom(places[0] ?? 0, graph)
  return places.every((place) => hops[place] !== -1)
}

/** The share of links that both ends know of. */
export function symmetryOf(graph: OverlayGraph): number {
  const neighbours = graph.map((each) => new Set(each))
  let [links, mutual] = [0, 0]
  for (const [place, each] of neighbours.entries()) {
    for (const other of each) {
      links += 1
      if (neighbours[other]?.has(place) === true) mutual += 1
    }
  }
  return links === 0 ? 1 : mutual / links
}

/** How many of a replica's neighbours know each other: the mean share of pairs, over all replicas. */
export function clusteringOf(graph: OverlayGraph): number {
  const neighbours = graph.map((each) => new Set(each))
  let [sum, counted] = [0, 0]
  for (const each of graph) {
    const pairs = (each.length * (each.length - 1)) / 2
    if (pairs === 0) continue
    let linked = 0
    for (const [at, a] of each.entries()) {
      for (const b of each.slice(at + 1)) if (neighbours[a]?.has(b) === true) linked += 1
    }
    sum += linked / pairs
    counted += 1
  }
  return counted === 0 ? 0 : sum / counted
}

/** Links of either graph that the other lacks, each end counted. */
export function differenceOf(before: OverlayGraph, after: OverlayGraph): number {
  let different = 0
  for (const [place, old] of before.entries()) {
    const fresh = new Set(after[place])
    const kept = old.filter((other) => fresh.has(other)).length
    different += old.length + fresh.size - 2 * kept
  }
  return different
}

export function linksOf(graph: OverlayGraph): number {
  return graph.reduce((sum, each) => sum + each.length, 0)
}
