import { describe, test } from 'vitest'
import { backendNames } from '../src/backends.ts'
import { pointsOfRecovery, survives, undisturbed } from './support/survival.ts'

/** In the middle of a run of each pipeline. */
const MIDDLES = { thorough: 'after commit s:items[x]', failing: 'after undo items[0]' } as const
/** How often a lease is renewed is a matter of time: not read from a run, but waited for. */
const RENEWALS = ['before renew #1', 'before renew #2', 'after renew #1', 'after renew #2']

for (const backend of backendNames) {
  for (const pipeline of ['thorough', 'failing'] as const) {
    const expected = await undisturbed(backend, pipeline)
    const middle = MIDDLES[pipeline]
    const recovery = await pointsOfRecovery(backend, pipeline, middle)

    describe(`${pipeline} runs on ${backend} survive a process that is killed`, () => {
      const points = [...expected.points.filter((point) => !point.endsWith('renew')), ...RENEWALS]
      test.concurrent.for(points)('%s', async (point) => survives(backend, pipeline, expected, (nth) => [point][nth]))
    })
    describe(`${pipeline} runs on ${backend} survive, when one was killed ${middle}, that the next is killed`, () => {
      const points = recovery.filter((point) => !/renew|body/.test(point))
      test.concurrent.for(points)('%s', async (point) =>
        survives(backend, pipeline, expected, (nth) => [middle, point][nth]),
      )
    })
  }
}
