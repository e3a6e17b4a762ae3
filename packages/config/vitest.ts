import { defineConfig } from 'vitest/config'

/** The test settings of every package: against `src`, without a build. `export { default } from '@pipe/config/vitest'`. */
export default defineConfig({
  // No `import`: vitest would take over ES modules that Node loads as CommonJS, such as `pg`.
  ssr: { resolve: { conditions: ['@pipe/source', 'module', 'node', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    pool: 'threads',
    isolate: false,
    restoreMocks: true,
    // Nothing is timed: a test that takes this long hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: ['@pipe/config/leaks'],
  },
})
