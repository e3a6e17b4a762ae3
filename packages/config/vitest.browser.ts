import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'

/** The test files of a portable package in a real, headless Chromium: CHROMIUM_PATH says which. */
export default defineConfig({
  resolve: { conditions: ['@pipe/source', 'module', 'browser', 'import', 'default'] },
  test: {
    setupFiles: ['@pipe/config/leaks'],
    include: ['test/**/*.test.ts'],
    exclude: ['**/*.node.test.ts'],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: { executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
})
