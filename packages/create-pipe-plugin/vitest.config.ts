import config from '@pipe/config/vitest'
import { defineConfig, mergeConfig } from 'vitest/config'

/** The tests of the template are tests of this package too. */
export default mergeConfig(config, defineConfig({ test: { include: ['template/test/**/*.test.ts'] } }))
