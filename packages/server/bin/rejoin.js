#!/usr/bin/env node
// npm links commands when it installs, before anything is built, and only files that exist: hence
// this one, which has nothing in it but the check and the way to the rest.
import './check-node.js'

void import('../dist/main.js')
