import { createPipe, pipeline } from '@pipe/core'
import { expect, it } from 'vitest'
import { historyIn, tracker } from '../../src/index.ts'
import { again } from '../support/again.ts'
import { shared } from '../support/databases.ts'

it.each(shared)('finds by the whole of it what was cut, with %s', async (_, make) => {
  const { db, remove } = await make()
  const [id, other, name, long] = ['i'.repeat(300), 'o'.repeat(300), 'n'.repeat(190), '本'.repeat(300)]
  const pipe = createPipe({ plugins: [tracker({ db, endWait: '1m' }), again(2)] })
  const inner = pipeline(long, (p) => p.step('a', { run: () => 1 }))
  const outer = pipeline(name, (p) =>
    p.map(long, {
      over: () => [1],
      run: async (_item, ctx) => {
        if (ctx.attempt === 1) throw Object.assign(new RangeError('once'), { name: 'E'.repeat(250) })
        await pipe.start(inner, undefined, { id: other, parent: ctx }).result
      },
    }),
  )
  await pipe.start(outer, undefined, { id }).result
  await pipe.close()

  const history = historyIn({ db })
  expect(await history.run(id)).toMatchObject({ status: 'succeeded' })
  expect((await history.runs({ parent: id })).items).toHaveLength(1)
  expect((await history.runs({ pipeline: long })).items).toHaveLength(1)
  expect(await history.statistics({ pipeline: long })).toHaveLength(1)
  expect((await history.attempts(id, { path: `${long}[0]` })).items).toHaveLength(2)
  expect(await history.slowest({ step: long })).not.toEqual([])
  expect((await history.compare(id, other))?.items).toHaveLength(3)
  expect((await history.timeline(id))?.rows).toHaveLength(2)
  expect(await history.delete(id)).toBe(true)
  expect(await history.run(id)).toBeUndefined()
  await remove()
})
