import { defineConfig, mergeConfig } from 'vitest/config'
import everything from './vitest.root.ts'

/** The same run without the tests of our tools, measured. (Vitest measures nothing when `--project` chooses.) */
export default mergeConfig(
  everything,
  defineConfig({
    test: {
      projects: ['!packages/config/**'],
      coverage: {
        enabled: true,
        provider: 'v8',
        include: ['packages/*/src/**', 'plugins/*/src/**'],
        reporter: ['text'],
        thresholds: { lines: 90 },
      },
    },
  }),
)
