import { defineConfig, mergeConfig } from 'vitest/config'

import bench from '../bench/vitest.config.ts'

/** Long runs, one at a time, on what is built. */
export default mergeConfig(
  { ...bench, test: { ...bench.test, include: [] } },
  defineConfig({
    test: { include: ['test/torture/**/*.torture.ts'], testTimeout: 36_000_000 },
  }),
)
