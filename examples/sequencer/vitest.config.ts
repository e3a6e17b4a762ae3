import shared from '@pipe/config/vitest'
import { defineConfig, mergeConfig } from 'vitest/config'

/** The tests make songs and listen to them, which takes seconds. */
export default mergeConfig(shared, defineConfig({ test: { testTimeout: 60_000 } }))
