import settings from '@pipe/config/vitest'
import { defineConfig, mergeConfig } from 'vitest/config'

/** Not named as the others are: the tests of the repository take too little time to wait for these. */
export default mergeConfig(
  settings,
  defineConfig({
    test: {
      testTimeout: 120_000,
      hookTimeout: 120_000,
      // Of processes, of which each test starts several: more at a time would take each other's time, and lose leases by it.
      maxConcurrency: 3,
      fileParallelism: false,
    },
  }),
)
