import { defineConfig } from 'vite'

/**
 * The page is bundled from the packages' sources (their `source` export condition), as tests run
 * them. Its assets are named by relative addresses, so that any replica can serve it at any path.
 */
export default defineConfig({
  base: './',
  resolve: {
    conditions: ['source', 'module', 'browser', 'development|production'],
    // Two copies of Yjs, or of CodeMirror's state, would not know each other's classes.
    dedupe: ['yjs', 'y-protocols', 'lib0', '@codemirror/state', '@codemirror/view'],
  },
  build: { target: 'es2023', modulePreload: { polyfill: false } },
})
