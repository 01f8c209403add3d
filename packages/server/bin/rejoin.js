#!/usr/bin/env node
// npm links commands when it installs, before anything is built, and only files that exist: hence
// this one, which has nothing in it.
void import('../dist/main.js')
