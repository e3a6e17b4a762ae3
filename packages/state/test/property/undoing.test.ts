import { pipeline, type Plugin } from '@pipe/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runsIn } from '../../src/index.ts'
import { agingStore, type Death, startProcess } from '../support/process.ts'

const asked = process.env['PIPE_PROPERTY_RUNS']
/** The same cases each time, or as many new ones as PIPE_PROPERTY_RUNS says. */
const cases = asked === undefined ? { numRuns: 100, seed: 1 } : { numRuns: Number(asked) }

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** What happened: a path was done, or undone; `died`, in a process that died, perhaps before it was recorded. */
type Log = { readonly path: string; readonly undo: boolean; died?: boolean }[]

/** What a run is like. */
interface Plot {
  /** How many turns of the event loop each step takes in the first process, by its name; later ones have warm caches. */
  readonly turns: Readonly<Record<string, number>>
  /** Whether `side` fails. */
  readonly fails: boolean
}

/** One life of a process. */
interface Life {
  readonly log: Log
  readonly isFirst: boolean
  /** Whether the parcel was lost: that happens once. */
  readonly lost: { yet: boolean }
}

const names = ['one', 'two', 'three', 'side', 'last', 'hold', 'pay', 'part', 'extra'] as const

/** Branches side by side that know nothing of each other: what fails in one meets the others at any point. */
function branches({ log, isFirst, lost }: Life, { turns, fails }: Plot) {
  const step = (name: (typeof names)[number], end: (attempt: number) => unknown = () => name) => ({
    run: async (_: unknown, { stepId, attempt }: { readonly stepId: string; readonly attempt: number }) => {
      for (let i = 0; isFirst && i < turns[name]!; i++) await turn()
      const output = await end(attempt)
      log.push({ path: stepId, undo: false })
      return output
    },
    undo: (_: unknown, { stepId }: { readonly stepId: string }) => void log.push({ path: stepId, undo: true }),
  })
  const no = () => Promise.reject(new Error('no'))
  const payment = pipeline('payment', (p) => {
    const hold = p.step('hold', step('hold'))
    const pay = p.step('pay', { after: [hold], ...step('pay') })
    return p.step('ship', { after: [pay], run: () => (lost.yet ? 'shipped' : ((lost.yet = true), no())) })
  })
  const extra = pipeline('extra', (p) => {
    const part = p.step('part', step('part'))
    const other = p.step('extra', step('extra'))
    return p.step('bad', { after: [part, other], run: no })
  })
  return pipeline('branches', (p) => {
    const one = p.step('one', step('one'))
    const two = p.step('two', { after: [one], ...step('two') })
    // It is not recorded, so that what comes after it appears late.
    const gap = p.step('gap', { after: [two], durable: 'none', run: () => turn() })
    const three = p.step('three', { after: [gap], ...step('three') })
    const side = p.step(
      'side',
      step('side', () => (fails ? no() : 'side')),
    )
    const call = p.call('call', payment)
    const optional = p.call('optional', extra, { optional: true })
    return p.step('last', { after: [three, side, call, optional], ...step('last') })
  })
}

const again: Plugin = {
  name: 'again',
  policy: ({ id }) => (id === 'call' ? ({ attempt }) => (attempt < 5 ? { retryAt: 0 } : undefined) : undefined),
}

const death = fc.record({ call: fc.integer({ min: 2, max: 30 }), answered: fc.boolean() })
const plot = fc.record({
  turns: fc.record(Object.fromEntries(names.map((name) => [name, fc.integer({ min: 0, max: 6 })]))),
  fails: fc.boolean(),
})
/** After which of the processes somebody asks the run to cancel. */
const cancelled = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined })

/** Runs it in processes that die, and in as many others as it takes to end it. */
async function lifeOf(deaths: readonly Death[], it: Plot, cancelAfter: number | undefined) {
  const { store, age } = agingStore()
  const runs = runsIn(store)
  const [log, lost]: [Log, Life['lost']] = [[], { yet: false }]
  for (let i = 0; i < 20; i++) {
    const [own, death]: [Log, Death | undefined] = [[], deaths[i]]
    const { pipe, dead, kill } = startProcess(store, { maxCrashes: 99, ...(death && { death }) }, again)
    const { result } = pipe.start(branches({ log: own, isFirst: i === 0, lost }, it), undefined, { id: 'run-1' })
    if (i === cancelAfter) void runs.cancel('run-1').catch(() => undefined) // the store may not be open yet
    const died = await Promise.race([result.then(() => false), dead.then(() => true)])
    log.push(...own.map((one) => ({ ...one, died })))
    kill()
    age(31_000)
    const run = await runs.get('run-1')
    if (run?.endedAt !== undefined) return { state: run.state, log, steps: await runs.steps('run-1') }
  }
  throw new Error('It does not end.')
}

describe('a run of branches that fail and are cancelled, whose processes die', { timeout: 600_000 }, () => {
  test('leaves nothing that it recorded half undone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(death, { maxLength: 4 }), plot, cancelled, async (deaths, it, cancelAfter) => {
        const { state, log, steps } = await lifeOf(deaths, it, cancelAfter)
        if (cancelAfter === undefined) expect(state).toBe(it.fails ? 'failed' : 'succeeded')
        for (const { path, status, undone } of steps) {
          if (status !== 'succeeded' || !log.some((one) => one.path === path)) continue
          const stays = state === 'succeeded' && !path.startsWith('optional/')
          expect([path, undone]).toEqual([path, !stays])
          const last = log.findLast((one) => one.path === path)!
          // What was done, and not recorded since its process died, is nobody's to undo.
          if (last.undo === stays) expect(last).toEqual({ path, undo: false, died: true })
        }
      }),
      cases,
    )
  })
})
