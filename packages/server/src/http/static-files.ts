/**
 * The files of a built page, from one directory and never from outside it: a path is decoded,
 * resolved, followed through symbolic links, and must still be inside. Files whose names carry a
 * hash of their content may be kept for ever; all others are asked for again.
 */
import { readFile, realpath, stat } from 'node:fs/promises'
import { extname, join, relative, isAbsolute } from 'node:path'

import type { Answer } from './answer.ts'
import { percentDecoded } from './request.ts'

/** The answer for a raw path; `undefined` where there is no such file. */
export type StaticFiles = (path: string) => Promise<Answer | undefined>

/** One file, in bytes; a larger one counts as absent. */
const FILE_BYTES_MAX = 67_108_864

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/** A page runs its own scripts only, and speaks to replicas: by WebSocket, and on this machine. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // Editors write their themes into style elements.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "manifest-src 'self'",
  "connect-src 'self' ws: wss: http://127.0.0.1:* http://localhost:*",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Bundlers put hashed files into `assets/`, with the hash before the extension. */
const HASHED = /^\/assets\/.*-[\w-]{8,}\.\w+$/

/** Rejects when `directory` is not there. */
export async function staticFiles(directory: string): Promise<StaticFiles> {
  const root = await realpath(directory)
  return async (path) => {
    const file = await inside(root, path === '/' ? '/index.html' : path)
    if (file === undefined) return undefined
    const type = TYPES[extname(file)] ?? 'application/octet-stream'
    return {
      status: 200,
      headers: {
        'content-type': type,
        'cache-control': HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
        'content-security-policy': CONTENT_SECURITY_POLICY,
      },
      body: await readFile(file),
    }
  }
}

/** The real path of a regular file within `root`, or `undefined`. */
async function inside(root: string, path: string): Promise<string | undefined> {
  const decoded = percentDecoded(path)
  if (decoded === undefined || decoded.includes('\0')) return undefined
  try {
    const file = await realpath(join(root, decoded))
    const way = relative(root, file)
    if (way.startsWith('..') || isAbsolute(way)) return undefined
    const facts = await stat(file)
    return facts.isFile() && facts.size <= FILE_BYTES_MAX ? file : undefined
  } catch {
    return undefined
  }
}
