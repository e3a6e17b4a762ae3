import { createPipe, type PipelineError, type Plugin, type RunResult } from '@pipe/core'
import fc from 'fast-check'
import { describe, test } from 'vitest'
import { again } from './support/again.ts'
import { ManualClock } from './support/manual-clock.ts'
import { Model } from './support/model/model.ts'
import { digest, everything, type Program, programs } from './support/program.ts'
import { rest } from './support/rest.ts'
import { cases, patiently } from './support/runs.ts'
import { check, plain, same, told } from './support/same.ts'
import { World } from './support/world.ts'

/** Ways to run the same that must not matter. */
interface Way {
  readonly concurrency: number
  /** Of ten functions, how many return or throw at once. */
  readonly synchronous: number
  readonly layers: 'none' | 'synchronous' | 'asynchronous'
  readonly bare: boolean
  readonly salt: number
}

const ways = fc.record<Way>({
  concurrency: fc.constantFrom(1, 2, 3, Infinity),
  synchronous: fc.constantFrom(0, 5, 10),
  layers: fc.constantFrom('none', 'synchronous', 'asynchronous'),
  bare: fc.boolean(),
  salt: fc.nat(1_000),
})

const layers: Readonly<Record<Way['layers'], readonly Plugin[]>> = {
  none: [],
  synchronous: [
    {
      name: 'synchronous',
      step: () => (_, next) => next(),
      attempt: () => (ctx, next) => next(ctx),
      policy: () => () => undefined,
    },
  ],
  asynchronous: [
    {
      name: 'asynchronous',
      run: async (_, next) => next(),
      step: () => async (ctx, next) => next(ctx),
      attempt: () => async (_, next) => next(),
    },
  ],
}

/** What the model says, with one function after another. */
function modelled(program: Program): Model {
  const model = new Model(program, undefined, { failure: 'continue', concurrency: Infinity })
  model.begin()
  while (model.outcome === null) {
    const [ready] = model.ready.values()
    const [running] = model.running.values()
    if (ready !== undefined) ready.enter()
    else if (running !== undefined) running.settle()
    else model.fire()
  }
  return model
}

/** Runs it in one way, in one order. */
async function ran(
  program: Program,
  way: Way,
  choices: readonly number[],
): Promise<RunResult | { readonly output: unknown }> {
  const { concurrency, synchronous, salt, bare } = way
  const world = new World(
    () => undefined,
    (path) => digest([path, salt]) % 10 < synchronous,
  )
  const clock = new ManualClock()
  const pipe = createPipe({ plugins: [again, ...layers[way.layers]], clock, onError: () => undefined })
  const pipeline = world.pipelineOf(program)
  const options = { failure: 'continue', ...(concurrency !== Infinity && { concurrency }) } as const
  const end: { came: RunResult | { readonly output: unknown } | null } = { came: null }
  if (bare) {
    pipe.run(pipeline, undefined, options).then(
      (output) => (end.came = { output }),
      (error: unknown) => (end.came = (error as PipelineError).result!),
    )
  } else void pipe.start(pipeline, undefined, options).result.then((result) => (end.came = result))
  for (let turn = 0; ; turn++) {
    await rest()
    check(world.wrongs.length === 0, () => world.wrongs.join('\n'))
    if (end.came !== null) return end.came
    const names = [...world.running.keys()]
    check(names.length > 0 || clock.timers > 0, () => 'Nothing can happen, and it is not over.')
    if (names.length === 0) clock.fire()
    else world.release(names[(choices[turn] ?? 0) % names.length]!)
  }
}

describe('the outcome of a run that continues after failures', patiently, () => {
  test('does not depend on the order, on what is synchronous, on limits, layers and records', async () => {
    const program = programs({ ...everything, sources: ['array', 'iterable', 'async'] })
    const choices = fc.array(fc.nat(1_000), { maxLength: 60 })
    const property = fc.asyncProperty(program, ways, choices, async (one, way, order) => {
      const { outcome, results } = modelled(one)
      const result = await ran(one, way, order)
      same('output', plain(result.output), plain(outcome?.output))
      if (!('steps' in result)) {
        check(outcome?.status === 'succeeded', () => 'It succeeded.')
        return
      }
      same('status', result.status, outcome?.status)
      if (!way.bare) same('steps', Object.keys(result.steps).sort(), [...results.keys()].sort())
      for (const [path, step] of Object.entries(result.steps)) same(path, plain(told(step)), plain(results.get(path)))
    })
    await fc.assert(property, cases(600))
  })
})
