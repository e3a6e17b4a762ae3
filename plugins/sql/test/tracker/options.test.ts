import { DatabaseSync } from 'node:sqlite'
import { createPipe, isPipelineError, pipeline } from '@pipe/core'
import { expect, it } from 'vitest'
import { tracker, type TrackerOptions } from '../../src/index.ts'

const db = new DatabaseSync(':memory:')

it.each<[Partial<Record<keyof TrackerOptions | 'table', unknown>>, string]>([
  [{ db: undefined }, '`db` of tracker() must be a Pool of pg'],
  [{ db: 'file.db' }, '`db` of tracker() must be a Pool of pg'],
  [{ prefix: 'My' }, '`prefix` of tracker() must be empty, or a lower-case letter'],
  [{ migrate: true }, "`migrate` of tracker() must be 'auto', 'check' or 'off'"],
  [{ redact: 1 }, '`redact` of tracker() must be false or an object'],
  [{ maxLength: 3 }, '`maxLength` of tracker() must be a whole number from 64 up'],
  [{ input: 'all' }, "`input` of tracker() must be true, false or 'failed'"],
  [{ output: 'failed' }, '`output` of tracker() must be true or false'],
  [{ worker: '' }, '`worker` of tracker() must be 1 to 100 characters'],
  [{ every: -1 }, '`every` of tracker() must be milliseconds from 0 to a day'],
  [{ heartbeat: 999 }, "`heartbeat` of tracker() must be a duration from a second to an hour, such as '10s'"],
  [{ heartbeat: '61m' }, '`heartbeat` of tracker() must be a duration from a second to an hour'],
  [{ heartbeat: 'often' }, '`heartbeat` of tracker() must be a duration from a second to an hour'],
  [{ maxRows: 10 }, '`maxRows` of tracker() must be a whole number from 100 up'],
  [{ endWait: 'soon' }, '`endWait` of tracker() must be milliseconds from 0 to a day'],
  [{ closeWait: null }, '`closeWait` of tracker() must be milliseconds from 0 to a day'],
  [{ every: Infinity }, '`every` of tracker() must be milliseconds from 0 to a day'],
  [{ endWait: '25d' }, '`endWait` of tracker() must be milliseconds from 0 to a day'],
  [{ table: 'runs' }, '`table` of tracker() must be left out'],
])('refuses %o', (options, message) => {
  const refused = () => tracker({ db, ...options } as never)
  expect(refused).toThrow(message)
  try {
    refused()
  } catch (error) {
    expect(isPipelineError(error, 'OPTION_INVALID')).toBe(true)
  }
})

const one = pipeline('one', (p) => p.step('a', { run: () => 1 }))

it.each([[null], ['r-1'], [{ runId: 'r-1' }], [{ runId: '', stepId: 'a' }]])(
  'refuses %o as the parent of a run',
  async (parent) => {
    const pipe = createPipe({ plugins: [tracker({ db })] })
    await expect(pipe.run(one, undefined, { parent: parent as never })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('must be an object with `runId` and `stepId`') as string,
    })
    await pipe.close()
  },
)

it('belongs to one pipe at a time', async () => {
  const own = tracker({ db })
  const [first, second] = [createPipe({ plugins: [own] }), createPipe({ plugins: [own] })]
  await first.run(one)
  await expect(second.run(one)).rejects.toMatchObject({
    code: 'PLUGIN_SETUP_FAILED',
    message: expect.stringContaining('call tracker() for each pipe') as string,
  })
  await first.close()
  expect(await createPipe({ plugins: [own] }).run(one)).toBe(1)
})
