import { defineConfig } from 'vitest/config'

/** The tests of the repository's own tools: they start processes, so each file gets a process of its own. */
export default defineConfig({
  test: { environment: 'node', pool: 'forks', testTimeout: 120_000, hookTimeout: 120_000 },
})
