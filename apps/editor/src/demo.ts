/**
 * What this page shows, decided once when it is opened: several replicas side by side where the
 * launcher says so (`demo.json`) or the address does (`?replicas=`), otherwise the one replica that
 * served the page.
 */
export interface Demo {
  /** Origins of the replicas' HTTP addresses, as `http://127.0.0.1:7001`. */
  readonly replicas: readonly string[]
  /** Names of recordings that can be fetched from `/traces/`. */
  readonly traces: readonly string[]
  readonly mode: 'studio' | 'single'
}

/** Replicas shown side by side; more would be too narrow to read, and are left out. */
export const REPLICAS_MAX = 5

const DEMO_TIMEOUT_MS = 3000

export async function loadDemo(page: URL): Promise<Demo> {
  const served = await fetchDemo(page)
  const asked = page.searchParams.get('replicas')?.split(',') ?? served.replicas
  const replicas = origins(asked)
  const { traces } = served
  if (replicas.length === 0) return { replicas: [page.origin], traces, mode: 'single' }
  return { replicas, traces, mode: 'studio' }
}

/** Distinct HTTP origins among `addresses`, at most `REPLICAS_MAX`; what is none is left out. */
export function origins(addresses: readonly string[]): string[] {
  const found = new Set<string>()
  for (const address of addresses) {
    const url = URL.parse(address.trim())
    if (url?.protocol === 'http:' || url?.protocol === 'https:') found.add(url.origin)
  }
  return [...found].slice(0, REPLICAS_MAX)
}

async function fetchDemo(page: URL): Promise<Pick<Demo, 'replicas' | 'traces'>> {
  try {
    const signal = AbortSignal.timeout(DEMO_TIMEOUT_MS)
    const response = await fetch(new URL('/demo.json', page), { signal })
    if (!response.ok) return { replicas: [], traces: [] }
    const { replicas, traces } = (await response.json()) as Record<string, unknown>
    return { replicas: texts(replicas), traces: texts(traces) }
  } catch {
    // A replica on its own has no demo.json, and may answer for it with its page.
    return { replicas: [], traces: [] }
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
