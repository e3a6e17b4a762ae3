import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('the program draws two traces that the shop was told of: one with a retry, one that was taken back', async () => {
  const program = join(import.meta.dirname, '../src/main.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@pipe/source', program])
  // What runs at the same time may come in any order, and takes any time.
  const [ada = [], bea = []] = stdout.split(/^(?=Bea: )/m).map((trace) => trace.replaceAll(/ +\d+ ms/g, '').split('\n'))

  expect(ada[0]).toMatch(/^Ada: succeeded\. Trace [\da-f]{32}: the shop was told of it\.$/)
  expect(ada.slice(1).toSorted()).toEqual(
    [
      '',
      'run order',
      '  step customer',
      '    GET /customers/Ada',
      '  map reserve',
      '    item reserve lamp ↻ 1',
      '      GET /reserve/lamp ✖',
      '      attempt reserve 2',
      '        GET /reserve/lamp',
      '    item reserve rug',
      '      GET /reserve/rug',
      '  step pay',
      '    GET /pay/Ada/2',
      '',
      '',
    ].toSorted(),
  )
  expect(bea[0]).toMatch(/^Bea: failed\. Trace [\da-f]{32}: the shop was told of it\.$/)
  expect(bea).toEqual(
    expect.arrayContaining([
      'run order ✖ Step "pay" of pipeline "order" failed: 402 Payment Required',
      '  step pay ✖ 402 Payment Required',
      '  undo reserve rug',
      '    GET /release/rug',
      '  undo reserve lamp',
      '    GET /release/lamp',
    ]),
  )
})
