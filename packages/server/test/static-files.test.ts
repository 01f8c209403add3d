import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { beforeAll, afterAll, describe, expect, it } from 'vitest'

import { openSite } from './site.ts'

let root = ''
let page = ''

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rejoin-page-'))
  page = join(root, 'page')
  await mkdir(join(page, 'assets'), { recursive: true })
  await writeFile(join(root, 'secret.txt'), 'secret')
  await writeFile(join(root, 'page-secret.txt'), 'secret')
  await writeFile(join(page, 'index.html'), '<!doctype html>')
  await writeFile(join(page, 'with space.txt'), 'space')
  await writeFile(join(page, 'assets', 'index-a1B2_c3-.js'), 'export {}')
  await symlink(join(root, 'secret.txt'), join(page, 'link.txt'))
})

afterAll(async () => {
  await rm(root, { recursive: true })
})

describe('the page of the demo', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', 'no-cache'],
    ['/?document=notes', 'text/html; charset=utf-8', 'no-cache'],
    ['/index.html', 'text/html; charset=utf-8', 'no-cache'],
    ['/with%20space.txt', 'text/plain; charset=utf-8', 'no-cache'],
    [
      '/assets/index-a1B2_c3-.js',
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ],
  ])('serves %s as %s, %s', async (path, type, cacheControl) => {
    const { ask } = await openSite({ demo: true, page })
    const { status, headers } = await ask(path)
    expect(status).toBe(200)
    expect(headers).toMatchObject({ 'content-type': type, 'cache-control': cacheControl })
    expect(headers['content-security-policy']).toContain("script-src 'self'")
  })

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/../page-secret.txt',
    '/%2e%2e%2fpage-secret.txt',
    '/link.txt',
    '/..',
    '/assets',
    '/%00',
    '/%',
    '//etc/passwd',
    '/demo.json',
  ])('[X5] serves nothing at %s', async (path) => {
    const { ask } = await openSite({ demo: true, page })
    const reply = await ask(path)
    expect(reply.status).toBe(404)
    expect(reply.body.toString()).not.toBe('secret')
  })

  it('is there only with --demo', async () => {
    const { ask } = await openSite({ demo: false, page })
    expect((await ask('/')).status).toBe(404)
  })

  it('does not hide what the replica serves', async () => {
    const { ask } = await openSite({ demo: true, page })
    expect((await ask('/healthz')).json).toEqual({ ok: true })
  })
})
