import shared from '@pipe/config/vitest'
import { defineConfig, mergeConfig } from 'vitest/config'

/** Some tests run the program itself, and wait for it. */
export default mergeConfig(shared, defineConfig({ test: { testTimeout: 60_000 } }))
