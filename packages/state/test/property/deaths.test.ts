import { pipeline, type Plugin, type } from '@pipe/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runsIn } from '../../src/index.ts'
import { agingStore, type Death, startProcess } from '../support/process.ts'

const asked = process.env['PIPE_PROPERTY_RUNS']
/** The same cases each time, or as many new ones as PIPE_PROPERTY_RUNS says. */
const cases = asked === undefined ? { numRuns: 60, seed: 1 } : { numRuns: Number(asked) }

/** What was done, in order: the path of a step, after `undo ` where it was undone. */
type Log = string[]

/** Every kind of step there is. `fails` makes the last one fail. */
function everything(log: Log, fails: boolean) {
  const note = (ctx: { readonly stepId: string }) => void log.push(ctx.stepId)
  const undo = (_: unknown, { stepId }: { readonly stepId: string }) => void log.push(`undo ${stepId}`)
  const inner = pipeline('inner', { input: type<number>() }, (p, input) => {
    const one = p.step('one', { needs: { input }, run: async ({ input }, ctx) => (note(ctx), input + 1), undo })
    return p.step('two', { needs: { one }, run: ({ one }, ctx) => (note(ctx), one * 2), undo })
  })
  const broken = pipeline('broken', (p) => {
    const fine = p.step('fine', { run: (_, ctx) => (note(ctx), 1) })
    return p.step('bad', { needs: { fine }, run: (_, ctx) => (note(ctx), Promise.reject<number>(new Error('bad'))) })
  })
  return pipeline('everything', { input: type<readonly number[]>() }, (p, input) => {
    const first = p.step('first', { needs: { input }, run: ({ input }, ctx) => (note(ctx), input.length), undo })
    const items = p.map('items', {
      needs: { input, first },
      over: ({ input }) => input,
      key: (n, i) => `${i}-${n}`,
      concurrency: 2,
      run: async (n, ctx) => (note(ctx), n * 10),
      undo,
    })
    const each = p.map('each', { needs: { items }, over: ({ items }) => items, run: inner })
    const call = p.call('call', inner, { needs: { first }, input: ({ first }) => first })
    const none = p.step('none', { needs: { first }, when: () => false, run: () => 'never' })
    const optional = p.call('optional', broken, { optional: true })
    const way = p.fallback('way', {
      needs: { call },
      alternatives: {
        closed: (_, ctx) => (note(ctx), Promise.reject<string>(new Error('closed'))),
        open: ({ call }, ctx) => (note(ctx), `open ${call}`),
      },
    })
    const loop = p.loop('loop', inner, { needs: { first }, input: ({ first }) => first, until: (n) => n > 20, max: 9 })
    const flaky = p.step('flaky', {
      run: (_, ctx) => {
        note(ctx)
        if (ctx.attempt < 3) throw new Error('later')
        return ctx.attempt
      },
    })
    return p.step('last', {
      needs: { items, each, call, none, optional, way, loop, flaky },
      run: (needs, ctx) => {
        note(ctx)
        if (fails) throw new Error('at last')
        return needs
      },
    })
  })
}

const retrying: Plugin = {
  name: 'retrying',
  policy: ({ id }) =>
    id === 'flaky' ? ({ attempt, ctx }) => (attempt < 3 ? { retryAt: ctx.now() } : undefined) : undefined,
}

/** A death, and by how much the clock of the store is set then. */
const death = fc.record({
  call: fc.integer({ min: 2, max: 40 }),
  answered: fc.boolean(),
  set: fc.constantFrom(0, 0, 3_600_000, -3_600_000),
})
const input = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 })

/** Runs it in one process after another, each of which dies; then in one that does not. */
async function outcomeOf(
  deaths: readonly (Death & { readonly set: number })[],
  numbers: readonly number[],
  fails: boolean,
) {
  const { store, age } = agingStore()
  const log: Log = []
  const start = (death?: Death) => {
    const own: Log = []
    const process = startProcess(store, { maxCrashes: 99, ...(death && { death }) }, retrying)
    const started = process.pipe.start(everything(own, fails), numbers, { id: 'run-1' })
    return { ...process, own, started }
  }
  let died = 0
  for (const death of deaths) {
    const { started, dead, kill, own } = start(death)
    const survived = await Promise.race([started.result.then(() => true), dead.then(() => false)])
    log.push(...own)
    kill()
    age(death.set)
    await store.list({}, 1) // a lease that was given in what is the future now lasts from here
    age(31_000)
    if (survived) break
    died++
  }
  const last = start()
  const { status, output, error } = await last.started.result
  return { status, output, error: error?.cause?.message, log: [...log, ...last.own], died, store }
}

const count = (log: Log, entry: string) => log.filter((one) => one === entry).length

describe('a run whose processes die', { timeout: 600_000 }, () => {
  test('ends as if none had, and does again only what was not recorded', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(death, { maxLength: 4 }), input, async (deaths, numbers) => {
        const undisturbed = await outcomeOf([], numbers, false)
        const { status, output, log, died, store } = await outcomeOf(deaths, numbers, false)
        expect([status, output]).toEqual(['succeeded', undisturbed.output])
        expect(new Set(log)).toEqual(new Set(undisturbed.log))
        for (const path of new Set(log)) {
          expect(count(log, path)).toBeLessThanOrEqual(count(undisturbed.log, path) + died)
        }
        expect((await runsIn(store).get('run-1'))?.output).toEqual(output)
      }),
      cases,
    )
  })

  test('undoes all that was completed when it fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(death, { maxLength: 4 }), input, async (deaths, numbers) => {
        const undisturbed = await outcomeOf([], numbers, true)
        const { status, error, log } = await outcomeOf(deaths, numbers, true)
        expect([status, error]).toEqual(['failed', 'at last'])
        expect(new Set(log)).toEqual(new Set(undisturbed.log))
      }),
      cases,
    )
  })
})
