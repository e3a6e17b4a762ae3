import { availableParallelism } from 'node:os'
import settings from '@pipe/config/vitest'
import { defineConfig, mergeConfig } from 'vitest/config'

/** Not named as the others are: the tests of the repository take too little time to wait for these. */
export default mergeConfig(
  settings,
  defineConfig({
    test: {
      globalSetup: ['src/setup.ts'],
      setupFiles: ['src/repeat.ts'],
      // More than all that a test waits for takes, each no longer than its patience: see src/patience.ts.
      testTimeout: 300_000,
      hookTimeout: 300_000,
      // They wait for leases most of the time. More of them would take each other's time, and lose leases by it.
      maxConcurrency: Math.min(12, 3 * availableParallelism()),
      fileParallelism: false,
    },
  }),
)
