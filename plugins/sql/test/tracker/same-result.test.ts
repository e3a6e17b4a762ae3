import { DatabaseSync } from 'node:sqlite'
import { createPipe, pipeline, type RunResult, type } from '@pipe/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { tracker } from '../../src/index.ts'
import { again } from '../support/again.ts'

/** What one step of a chain does. */
const deed = fc.constantFrom('returns', 'throws', 'skips', 'retries', 'maps', 'undoes')
type Deed = 'returns' | 'throws' | 'skips' | 'retries' | 'maps' | 'undoes'

const chainOf = (deeds: readonly Deed[]) =>
  pipeline('chain', { input: type<number>() }, (p, input) => {
    const ends = deeds.map((does, n) => {
      const id = `s${n}`
      if (does === 'maps')
        return p.map(id, { needs: { input }, over: ({ input }) => [input, n], run: (item) => item + 1 })
      return p.step(id, {
        needs: { input },
        when: () => does !== 'skips',
        undo: () => undefined,
        run: ({ input }, { attempt }) => {
          if (does === 'throws' || (does === 'retries' && attempt === 1)) throw new Error(`${id} fails`)
          return input + n
        },
      })
    })
    return Object.fromEntries(ends.map((handle, n) => [`s${n}`, handle]))
  })

/** What is never twice the same. */
const PASSING = ['stack', 'startedAt', 'finishedAt', 'durationMs']

const plain = (result: RunResult): unknown =>
  JSON.parse(JSON.stringify(result, (key, value: unknown) => (PASSING.includes(key) ? undefined : value)))

it('changes nothing of what a run returns, and of what its result says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 6 }), async (deeds) => {
      const chain = chainOf(deeds)
      const results = []
      for (const tracked of [false, true]) {
        const own = tracker({ db: new DatabaseSync(':memory:'), input: true, output: true })
        const pipe = createPipe({ plugins: [...(tracked ? [own] : []), again(2)] })
        const run = pipe.start(chain, 1, { id: 'run', failure: 'continue' })
        results.push(plain(await run.result))
      }
      expect(results[1]).toEqual(results[0])
    }),
    { numRuns: 40 },
  )
})
