import { atLeast, mean, type Figure } from '../figure.ts'
import {
  clusteringOf,
  graphOf,
  hopsFrom,
  isConnected,
  symmetryOf,
  type OverlayGraph,
} from '../overlay-graph.ts'
import { settle, worldOf, type Setting } from '../settled.ts'

/** Replicas from which the way to all others is measured. */
const SOURCES = 20

/** The overlay after everybody has started with a few seed addresses. */
export function overlay(setting: Setting): Figure[] {
  const world = worldOf(setting)
  const settledMs = settle(world)
  const graph = graphOf(world)
  const sources = world.shuffled(world.up()).slice(0, SOURCES)
  return [
    { what: 'settled after the last start', value: settledMs / 1_000, unit: 's' },
    {
      what: 'connected',
      value: isConnected(graph, world.up()) ? 100 : 0,
      unit: '%',
      target: atLeast(100),
    },
    { what: 'links that both ends know of', value: symmetryOf(graph) * 100, unit: '%' },
    ...degreesOf(graph),
    ...pathsOf(graph, sources),
    {
      what: 'clustering',
      value: clusteringOf(graph),
      unit: '',
      published: '0.0009 (HyParView, 10,000)',
    },
  ]
}

function degreesOf(graph: OverlayGraph): Figure[] {
  const counts = new Map<number, number>()
  for (const { length } of graph) counts.set(length, (counts.get(length) ?? 0) + 1)
  const shares = [...counts].toSorted(([a], [b]) => a - b)
  return [
    { what: 'links of a replica, mean', value: mean(graph.map(({ length }) => length)), unit: '' },
    ...shares.map(([degree, count]) => {
      return {
        what: `replicas with ${degree} links`,
        value: (count / graph.length) * 100,
        unit: '%',
      }
    }),
  ]
}

function pathsOf(graph: OverlayGraph, sources: readonly number[]): Figure[] {
  const ways = sources.map((source) => [...hopsFrom(source, graph)].filter((hops) => hops > 0))
  const longest = ways.map((hops) => hops.reduce((most, each) => Math.max(most, each), 0))
  return [
    {
      what: 'way between two, mean',
      value: mean(ways.map(mean)),
      unit: 'hops',
      published: '6.4 (HyParView, 10,000)',
    },
    {
      what: 'longest way seen',
      value: Math.max(...longest),
      unit: 'hops',
      published: '8–9 (random graph, 10,000)',
    },
  ]
}
