import fc from 'fast-check'
import { createPipe, pipeline, type } from '@pipe/core'
import { recordHooks } from '@pipe/testing'
import { describe, expect, test } from 'vitest'
import { definitionPath } from '../src/path.ts'

describe('the path of a definition', () => {
  test.each([
    ['user', 'user'],
    ['bill/charge', 'bill/charge'],
    ['orders[42]', 'orders'],
    ['improve[0]/draft', 'improve/draft'],
    ['users[Bo]/mails[7]/send', 'users/mails/send'],
    ['files[a/b[c.txt]', 'files'],
    ['files[a\\]b]/read', 'files/read'],
    ['files[\\\\]/read', 'files/read'],
    ['files[two\nlines]/read', 'files/read'],
    ['files[]/read', 'files/read'],
  ])('of %j is %j', (path, expected) => expect(definitionPath(path)).toBe(expected))

  test('has nothing of the keys of items, whatever is in them', async () => {
    const inner = pipeline('inner', { input: type<string>() }, (p) => p.step('leaf', { run: ({ input }) => input }))
    const outer = pipeline('outer', { input: type<readonly string[]>() }, (p) =>
      p.map('all', { over: ({ input }) => input, key: (key) => key, run: inner }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.string({ unit: fc.constantFrom('[', ']', '\\', '/', 'a', '\n') })),
        async (keys) => {
          const pipe = createPipe()
          const seen = recordHooks(pipe)
          await pipe.run(outer, keys)
          for (const { stepId } of seen.of('map:item')) expect(definitionPath(stepId)).toBe('all')
          for (const { stepId } of seen.of('step:start')) expect(['all', 'all/leaf']).toContain(definitionPath(stepId))
        },
      ),
    )
  })
})
