import { defineConfig } from 'vitest/config'

/** One test run over every package that has a vitest.config.ts; measured with `--coverage`. */
export default defineConfig({
  test: {
    projects: ['{packages/*,plugins/*,examples/*}/vitest.config.ts'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**', 'plugins/*/src/**'],
      reporter: ['text'],
      thresholds: { lines: 90 },
    },
  },
})
