import { invalidOption } from '@pipe/core'

/** What registers tests: `describe` and `test` of vitest, `node:test`, `bun:test`, `@jest/globals` … */
export interface TestRunner {
  /** Registers a group of tests. */
  readonly describe: (name: string, body: () => void) => unknown
  /** Registers a test; it fails when `body` rejects. Where the runner calls it `it`: `test: it`. */
  readonly test: (name: string, body: () => Promise<void>) => unknown
}

/**
 * The test runner among the options of `suite`.
 *
 * @throws PipelineError `OPTION_INVALID` when it is not there
 */
export function runnerOf({ describe, test }: Partial<TestRunner> = {}, suite: string): TestRunner {
  for (const [field, value] of Object.entries({ describe, test })) {
    if (typeof value === 'function') continue
    const expected = `that of your test runner: ${suite}(name, make, { describe, test })`
    throw invalidOption({ owner: `${suite}()` }, value, expected, field)
  }
  return { describe, test } as TestRunner
}
