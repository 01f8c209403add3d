#!/usr/bin/env node
// npm links commands when it installs, before anything is built, and only files that exist: hence
// this one, which has nothing in it but two checks and the way to the rest.
import './check-node.js'

import { existsSync } from 'node:fs'

const main = new URL('../dist/main.js', import.meta.url)
if (existsSync(main)) {
  void import(main.href)
} else {
  process.stderr.write('rejoin is not built yet; run npm run build in its repository first.\n')
  process.exitCode = 1
}
