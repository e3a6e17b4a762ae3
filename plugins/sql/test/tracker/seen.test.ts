import { createPipe, PipelineError, pipeline, type Run, systemClock } from '@pipe/core'
import { durable, memoryStore } from '@pipe/state'
import { expect, it } from 'vitest'
import { historyIn, tracker } from '../../src/index.ts'
import { libraries } from '../support/databases.ts'

const MINUTES_10 = 600_000

/** What may happen to a run that has been executed for ten minutes. */
const turns: readonly (readonly [string, (run: Run<unknown>) => void])[] = [
  ['is paused', (run) => run.pause()],
  ['is handed to another process', (run) => run.cancel(new PipelineError('SHUTDOWN', 'the machine stops'))],
]

it.each(
  libraries.flatMap(([library, make]) => turns.map(([what, happens]) => [what, library, make, happens] as const)),
)('a run that %s was seen then, with %s', async (_, __, make, happens) => {
  const { db, remove } = await make()
  let older = -MINUTES_10
  const clock = { ...systemClock, now: () => Date.now() + older }
  const pipe = createPipe({ plugins: [durable({ store: memoryStore() }), tracker({ db, every: 0 })], clock })
  const started = Promise.withResolvers<undefined>()
  const long = pipeline('long', (p) =>
    p.step('wait', {
      run: async (___, { signal }) => {
        started.resolve(undefined)
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        throw signal.reason
      },
    }),
  )
  const run = pipe.start(long, undefined, { id: 'r' })
  await started.promise
  older = 0
  happens(run)
  const history = historyIn({ db })
  // The tables may not be there yet.
  const known = () => history.run('r').catch(() => undefined)
  while (['running', undefined].includes((await known())?.status)) await new Promise(setImmediate)
  expect((await known())!.seenAt).toBeGreaterThan(Date.now() - 60_000)
  expect(await history.purge({ endedBefore: '5m' })).toBe(0)
  run.cancel()
  await run.result
  await pipe.close()
  await remove()
})
