import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { pipeline, type } from '@pipe/core'
import { expect, it } from 'vitest'
import { MemoryPipe, Screen } from './support/screen.ts'
import { inAnyEnvironment, stage } from './support/stage.ts'

inAnyEnvironment()

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const ITEMS = 100_000

/** Megabytes that stay in use while the last item runs. */
async function heapAtTheEnd(stream: Screen | MemoryPipe, mode: 'live' | 'plain' | 'silent') {
  const { pipe, clock } = stage({ stream, mode })
  let used = 0
  const inner = pipeline('inner', { input: type<number>() }, (p) => p.step('deep', { run: ({ input }) => input }))
  const many = pipeline('many', (p) =>
    p.map('each', {
      over: function* () {
        for (let n = 0; n < ITEMS; n++) {
          if (n === ITEMS - 1) {
            collect()
            used = process.memoryUsage().heapUsed
          }
          yield n
        }
      },
      concurrency: 8,
      run: inner,
    }),
  )
  await pipe.run(many)
  expect(clock.timers).toBe(0)
  return used / 2 ** 20
}

it('does not grow with the items of a map, and does not draw for each of them', async () => {
  const screen = new Screen()
  const silent = await heapAtTheEnd(new Screen(), 'silent')
  const live = await heapAtTheEnd(screen, 'live')
  const plain = await heapAtTheEnd(new MemoryPipe(), 'plain')

  // Time stands still, so there is the last picture and no other.
  expect(screen.writes).toBeLessThan(10)
  expect(await screen.lines()).toEqual([expect.stringMatching(/^✔ each 100,000 done /)])
  // A hundred bytes an item; an item that is kept takes several times that.
  expect(Math.max(live, plain) - silent).toBeLessThan(10)
})
