import { defineConfig } from 'vitest/config'

/** One test run over every package that has a vitest.config.ts. */
export default defineConfig({
  test: { projects: ['{packages/*,plugins/*,examples/*}/vitest.config.ts'] },
})
