import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

// A program of its own: `fetch` keeps a timer for a while, and its instrumentation is for the whole process.
const program = fileURLToPath(new URL('support/fetching.ts', import.meta.url))

interface Printed {
  readonly tree: readonly string[]
  /** By path of the request: what the span of the request is, and what the server was told. */
  readonly sent: Readonly<Record<string, string>>
  readonly received: Readonly<Record<string, string>>
}

test('requests made by fetch are inside the step, the item or the undo that made them, and tell the server so', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@pipe/source', program])
  const { tree, sent, received } = JSON.parse(stdout) as Printed
  expect(tree.filter((line) => !line.includes('- '))).toEqual([
    'run outer: failed, ERROR',
    '  step seat: succeeded',
    '    GET',
    '  call rest: failed, ERROR',
    '    step a: succeeded',
    '      GET',
    '    step b: succeeded',
    '      GET',
    '    map map: succeeded',
    '      item map[x]: succeeded',
    '        GET',
    '      item map[y]: succeeded',
    '        GET',
    '    step bad: failed, ERROR',
    '  undo seat',
    '    GET',
  ])
  expect(Object.keys(received).toSorted()).toEqual(['/a', '/b', '/refund', '/seat', '/x', '/y'])
  expect(received).toEqual(sent)
})
