import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createPipe, pipeline, type Plugin } from '@pipe/core'
import { expect, test } from 'vitest'
import { metrics, type MetricsSink } from '../src/index.ts'

const ITEMS = 1_000_000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const heap = () => {
  collect()
  return process.memoryUsage().heapUsed
}

/** By how many bytes the heap grows between the first tenth of the items and the last one. */
async function growth(...plugins: readonly Plugin[]): Promise<number> {
  let [first, last] = [0, 0]
  const items = pipeline('many', (p) =>
    p.map('items', {
      over: function* () {
        for (let i = 0; i < ITEMS; i++) yield i
      },
      concurrency: 8,
      run: (i, { metrics }) => {
        metrics?.increment('seen')
        metrics?.record('size', i)
        if (i === ITEMS / 10) first = heap()
        if (i === ITEMS - 1) last = heap()
      },
    }),
  )
  await createPipe({ plugins }).run(items)
  return last - first
}

test('a map of 1,000,000 items makes no series of its items, and holds no memory', async () => {
  const names = new Set<string>()
  let bound = 0
  const sink: MetricsSink = ({ name }) => {
    names.add(name)
    return () => {
      bound++
      return () => undefined
    }
  }
  const without = await growth() // the outputs of the map
  const within = await growth(metrics({ sink }))
  expect(within - without).toBeLessThan(1_000_000) // a byte an item would be as much
  expect(names.size).toBe(13)
  expect(bound).toBeLessThan(25)
})
