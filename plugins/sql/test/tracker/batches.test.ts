import { createPipe, pipeline } from '@pipe/core'
import { expect, it } from 'vitest'
import { tracker } from '../../src/index.ts'
import { libraries } from '../support/databases.ts'
import { historyOf } from '../support/rows-of.ts'

it.each(libraries)('writes rows together, each once, however many there are, with %s', async (_, make) => {
  const { db, remove } = await make()
  const items = Array.from({ length: 211 }, (__, item) => item)
  const many = pipeline('many', (p) => p.map('each', { over: () => items, run: (item) => item + 1 }))
  const pipe = createPipe({ plugins: [tracker({ db, output: true, endWait: '1m' })] })
  // Three runs: rows of runs are no power of two, and those of items fill more than one statement.
  await Promise.all([1, 2, 3].map((run) => pipe.start(many, undefined, { id: `r-${run}` }).result))
  await pipe.close()
  const { runs } = await historyOf(db)
  const shown = runs.map(({ run_id, status, executions }) => [run_id, status, executions])
  expect(shown.sort()).toEqual([1, 2, 3].map((run) => [`r-${run}`, 'succeeded', 1]))
  for (const run of [1, 2, 3]) {
    const { steps } = await historyOf(db, `r-${run}`)
    const outputs = items.map((item) => steps[`each[${item}]`]?.output)
    expect(outputs).toEqual(items.map((item) => String(item + 1)))
    expect(Object.keys(steps)).toHaveLength(items.length + 1)
  }
  await remove()
})
