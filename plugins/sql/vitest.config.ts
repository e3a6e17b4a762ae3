import shared from '@pipe/config/vitest'
import { mergeConfig } from 'vitest/config'

/** The servers are started once, for all test files. */
export default mergeConfig(shared, { test: { globalSetup: ['test/support/servers.ts'] } })
