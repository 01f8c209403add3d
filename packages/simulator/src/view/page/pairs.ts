/** A pair of replicas, the one that is listed first before the other. */
export type Pair = readonly [number, number]

export function pairsAmong(count: number): readonly Pair[] {
  const places = Array.from({ length: count }, (_, place) => place)
  return places.flatMap((a) => places.slice(a + 1).map((b): Pair => [a, b]))
}
