import shared from '@pipe/config/vitest'
import { defineConfig, mergeConfig } from 'vitest/config'

/** The tests run the program itself, which takes seconds. */
export default mergeConfig(shared, defineConfig({ test: { testTimeout: 60_000 } }))
