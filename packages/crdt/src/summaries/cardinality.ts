/**
 * How many different items a HyperLogLog of 64-bit hashes has seen: the improved raw estimator of
 * Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6. It has
 * no bias and needs no other formula for small or for huge numbers. Only operations whose rounding
 * IEEE 754 prescribes are used, so every copy reads the same number.
 */
export function cardinality(registers: Uint8Array): number {
  const size = registers.length
  const hashBits = 64 - Math.log2(size)
  const counts = countRanks(registers, hashBits + 2)
  const count = (rank: number): number => counts[rank] ?? 0
  let sum = size * tau(1 - count(hashBits + 1) / size)
  for (let rank = hashBits; rank >= 1; rank--) sum = (sum + count(rank)) / 2
  sum += size * sigma(count(0) / size)
  return size ** 2 / (2 * Math.LN2 * sum)
}

function countRanks(registers: Uint8Array, ranks: number): number[] {
  const counts = Array.from({ length: ranks }, () => 0)
  for (const rank of registers) counts[rank] = (counts[rank] ?? 0) + 1
  return counts
}

/** What registers that are still at 0 stand for: x + Σ x^(2^k) · 2^(k-1). */
function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY
  let [power, weight, sum, before] = [share, 1, share, Number.NaN]
  while (sum !== before) {
    before = sum
    power *= power
    sum += power * weight
    weight *= 2
  }
  return sum
}

/** What registers at the highest rank stand for: (1 - x - Σ (1 - x^(2^-k))² · 2^-k) / 3. */
function tau(share: number): number {
  if (share === 0 || share === 1) return 0
  let [root, weight, sum, before] = [share, 1, 1 - share, Number.NaN]
  while (sum !== before) {
    before = sum
    root = Math.sqrt(root)
    weight /= 2
    sum -= (1 - root) ** 2 * weight
  }
  return sum / 3
}
