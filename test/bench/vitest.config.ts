import { defineConfig, mergeConfig } from 'vitest/config'

import tests from '../vitest.config.ts'

/** Benchmarks run one after the other, alone on the machine, and print what they measured. */
export default mergeConfig(
  { ...tests, test: { ...tests.test, include: [] } },
  defineConfig({
    test: {
      include: ['test/bench/**/*.bench.ts'],
      fileParallelism: false,
      testTimeout: 600_000,
      disableConsoleIntercept: true,
    },
  }),
)
