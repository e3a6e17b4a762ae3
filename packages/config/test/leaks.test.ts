// The setup file must catch what it promises to catch: it is run on tests that leak, in a vitest of their own.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startVitest } from 'vitest/node'

test('a test that leaves a timer ticking fails, one that does not passes', async () => {
  const root = join(import.meta.dirname, 'leaks')
  const vitest = await startVitest([], {
    root,
    config: false,
    watch: false,
    reporters: [{}],
    include: ['*.leaky.ts'],
    setupFiles: [join(import.meta.dirname, '../leaks.ts')],
  })
  const [module] = vitest.state.getTestModules()
  const states = [...(module?.children.allTests() ?? [])].map((one) => [one.name, one.result().state])
  await vitest.close()
  process.exitCode = 0
  expect(Object.fromEntries(states)).toEqual({
    'leaves a timeout': 'failed',
    'leaves an interval': 'failed',
    'leaves a fake timer': 'failed',
    'clears what it starts': 'passed',
    'waits for a timer': 'passed',
    'runs beside another': 'passed',
    'runs beside one': 'passed',
  })
})
