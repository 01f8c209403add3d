import { readFileSync } from 'node:fs'

/** What a process did to files, in the order in which it was done. */
export type DiskCall =
  | {
      readonly type: 'open'
      readonly path: string
      readonly creates: boolean
      readonly truncates: boolean
    }
  | {
      readonly type: 'write'
      readonly path: string
      readonly at: number | undefined
      readonly bytes: Uint8Array
    }
  /** `since` is the number of the call before which it began: what came later may not be synced. */
  | { readonly type: 'sync'; readonly path: string; readonly since: number }
  | { readonly type: 'rename' | 'link'; readonly path: string; readonly to: string }
  | { readonly type: 'unlink' | 'mkdir'; readonly path: string }
  /** It told its parent something. */
  | { readonly type: 'said'; readonly text: string }

const CALLS = 'openat,write,pwrite64,fdatasync,fsync,rename,unlink,unlinkat,rmdir,link,mkdir'
/** The options by which strace writes what `readTrace` reads. */
export const TRACING = ['-f', '-y', '-qq', '-xx', '-s', '4000000', '-e', `trace=${CALLS}`]

/** Reads what strace has written, as far as it is about `directory` or told on standard output. */
export function readTrace(file: string, directory: string): DiskCall[] {
  const calls: DiskCall[] = []
  const begun = new Map<string, { text: string; at: number }>()
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(pid, { text: rest.slice(0, -'<unfinished ...>'.length), at: calls.length })
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)
    const start = resumed === null ? undefined : begun.get(pid)
    const text = resumed === null ? rest : `${start?.text ?? ''}${resumed[1]}`
    const call = readCall(text, start?.at ?? calls.length)
    if (call !== undefined && isAbout(call, directory)) calls.push(call)
  }
  return calls
}

function isAbout(call: DiskCall, directory: string): boolean {
  return call.type === 'said' || call.path === directory || call.path.startsWith(`${directory}/`)
}

function readCall(text: string, since: number): DiskCall | undefined {
  const parts = /^(\w+)\((.*)\) += (-?\d+)/.exec(text)
  if (parts === null || parts[3]?.startsWith('-') === true) return undefined
  const [, name = '', args = ''] = parts
  const strings = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) => bytesOf(hex))
  const [first, second] = strings.map((bytes) => Buffer.from(bytes).toString())
  const [, descriptor = '', path = ''] = /^(\d+)<((?:\\x[0-9a-f]{2})*)>/.exec(args) ?? []
  const of = Buffer.from(bytesOf(path)).toString()
  switch (name) {
    case 'openat':
      return {
        type: 'open',
        path: first ?? '',
        creates: args.includes('O_CREAT'),
        truncates: args.includes('O_TRUNC'),
      }
    case 'write':
      if (descriptor === '1') return { type: 'said', text: first ?? '' }
      return { type: 'write', path: of, at: undefined, bytes: strings[0] ?? new Uint8Array() }
    case 'pwrite64': {
      const at = Number(/, (\d+)$/.exec(args)?.[1])
      return { type: 'write', path: of, at, bytes: strings[0] ?? new Uint8Array() }
    }
    case 'fdatasync':
    case 'fsync':
      return { type: 'sync', path: of, since }
    case 'rename':
    case 'link':
      return { type: name, path: first ?? '', to: second ?? '' }
    case 'unlink':
    case 'unlinkat':
    case 'rmdir':
      return { type: 'unlink', path: first ?? '' }
    case 'mkdir':
      return { type: 'mkdir', path: first ?? '' }
    default:
      return undefined
  }
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll('\\x', ''), 'hex'))
}
