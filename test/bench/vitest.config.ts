import { defineConfig, mergeConfig } from 'vitest/config'

import tests from '../vitest.config.ts'

// What is measured is what is built, loaded by Node as it is and not by way of Vite.
const conditions = ['node', 'import', 'module', 'default']

/** Benchmarks run one after the other, alone on the machine, and print what they measured. */
export default mergeConfig(
  { ...tests, resolve: {}, ssr: {}, test: { ...tests.test, include: [] } },
  defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      include: ['test/bench/**/*.bench.ts'],
      fileParallelism: false,
      testTimeout: 600_000,
      disableConsoleIntercept: true,
      server: { deps: { external: [/\/packages\/[a-z]+\/dist\//] } },
    },
  }),
)
