import type { Plugin } from '@pipe/core'
import fc from 'fast-check'
import { describe, test } from 'vitest'
import { play, type Setting } from './support/play.ts'
import { everything, type Program, type ProgramNode, programs, type Work } from './support/program.ts'
import { cases, patiently } from './support/runs.ts'

const decisions = fc.array(fc.nat(1_000), { maxLength: 60 })
const failure = fc.constantFrom('fail-fast', 'continue')
const concurrency = fc.integer({ min: 1, max: 4 })
/** A program, and how it is run. */
type Case = readonly [Program, Setting]

const unlimited: fc.Arbitrary<Case> = fc.tuple(programs(), fc.record({ failure, concurrency: fc.constant(Infinity) }))
/** With a limit, a condition waits for a slot as the function behind it does: nothing tells the model when it was asked. */
const limitable = programs({ ...everything, falseConditions: false })
const flat = programs({ ...everything, falseConditions: false, nesting: false })
/**
 * Here a failure is known at once all the way up: nothing that stops has to heed its signal first, no source has to say
 * that it has ended.
 */
const prompt = programs({ ...everything, falseConditions: false, heeding: false, sources: ['array', 'iterable'] })
const failing = (mode: Setting['failure']) => fc.record({ failure: fc.constant(mode), concurrency })
const limited: fc.Arbitrary<Case> = fc.tuple(limitable, failing('continue'))

/** Tries many programs, settings and orders of completion. */
async function always(some: fc.Arbitrary<Case>, usual: number, more: Partial<Setting> = {}): Promise<void> {
  const property = fc.asyncProperty(some, decisions, async ([program, setting], choices) => {
    await play(program, { ...setting, ...more }, choices)
  })
  await fc.assert(property, cases(usual))
}

/** Layers that do nothing, around everything. */
const passing: Plugin = {
  name: 'passing',
  run: async (_, next) => next(),
  step: () => async (_, next) => next(),
  attempt: () => async (ctx, next) => next(ctx),
  policy: () => () => undefined,
}

describe('a run goes like the reference model', patiently, () => {
  test('whatever order its functions return in', () => always(unlimited, 300))

  test('with a limit, which is never exceeded and always used', () => always(limited, 300))

  test('when it is paused, ticked, resumed and cancelled at any moment', () =>
    always(unlimited, 300, { control: true }))

  test('when it is limited, and paused, ticked, resumed and cancelled at any moment', () =>
    always(limited, 300, { control: true }))

  test('when it records as little as it can', () => always(unlimited, 300, { control: true, bare: true }))

  test('when it records as little as it can, with a limit', () => always(limited, 200, { control: true, bare: true }))

  test('when there are layers around the run, each step and each attempt', () =>
    always(unlimited, 300, { control: true, plugins: [passing] }))

  test('when there are layers around everything, and a limit', () =>
    always(limited, 200, { control: true, plugins: [passing] }))

  test('when attempts are given up at any moment, and never overlap those that are tried again', () =>
    always(fc.tuple(programs(everything, 0), fc.record({ failure, concurrency: fc.constant(Infinity) })), 400, {
      control: true,
      aborts: true,
    }))

  test('when a limit keeps steps waiting and another one fails: none of them starts', () =>
    always(fc.tuple(flat, failing('fail-fast')), 200, { control: true }))

  test('when a limit keeps steps waiting and one inside another pipeline fails: none of them starts', () =>
    always(fc.tuple(prompt, failing('fail-fast')), 200, { control: true }))

  test('when a source says that it has ended while its map stops', async () => {
    const common = { needs: [], after: [], when: null, optional: false, retries: 0, delay: 0 }
    const returns: Work = { throws: [false], signal: 'ignored', undo: null }
    const slow = { source: 'async-slow', items: [returns], breaks: false, limit: Infinity } as const
    const nodes: readonly ProgramNode[] = [
      { ...common, ...slow, kind: 'map', optionalItems: false, body: null },
      { ...common, kind: 'step', work: { ...returns, throws: [true] } },
      { ...common, kind: 'step', work: returns },
    ]
    // The first item; the step that throws; the end of the source; the item returns.
    await play({ nodes }, { failure: 'fail-fast', concurrency: Infinity }, [0, 0, 2, 0])
    await play({ nodes }, { failure: 'fail-fast', concurrency: Infinity }, [0, 0, 0, 0])
    await play({ nodes }, { failure: 'fail-fast', concurrency: Infinity }, [0, 0, 1, 0])
  })
})
