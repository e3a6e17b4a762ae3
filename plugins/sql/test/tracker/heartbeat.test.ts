import { DatabaseSync } from 'node:sqlite'
import { createPipe, pipeline } from '@pipe/core'
import { fakeClock } from '@pipe/testing'
import { expect, it } from 'vitest'
import { historyIn, tracker, type TrackerOptions } from '../../src/index.ts'

/** When a run that goes on was seen, in ms since its start, at each of these times. */
async function seenAt(times: readonly number[], options: Partial<TrackerOptions> = {}) {
  const db = new DatabaseSync(':memory:')
  const clock = fakeClock()
  const gate = Promise.withResolvers<undefined>()
  const pipe = createPipe({ plugins: [tracker({ db, ...options })], clock })
  const run = pipe.start(pipeline('slow', (p) => p.step('wait', { run: () => gate.promise })))
  const history = historyIn({ db })
  const seen: (number | undefined)[] = []
  let now = 0
  for (const time of times) {
    await clock.advance(time - now)
    now = time
    // What is written is written in a turn of its own.
    await new Promise((resolve) => setTimeout(resolve, 20))
    const found = await history.run(run.id)
    seen.push(found && found.seenAt - found.startedAt)
  }
  gate.resolve(undefined)
  await run.result
  await pipe.close()
  db.close()
  return seen
}

it('says every 30 s that it is alive, while it has runs', async () => {
  expect(await seenAt([100, 29_000, 31_000, 59_000, 61_000])).toEqual([0, 0, 30_000, 30_000, 60_000])
})

it('says so as often as it is told', async () => {
  expect(await seenAt([100, 1_900, 2_100, 4_100], { heartbeat: '2s' })).toEqual([0, 0, 2_000, 4_000])
})
