import { type Handle, idOf, pipeline, type Pipeline, type Run, type StepContext, type Steps, type } from '@pipe/core'
import fc from 'fast-check'
import { after, deafly, type Requires, type Scenario, Time } from './scenario.ts'

/** A step of a pipeline that chance makes. */
export interface Blueprint {
  readonly kind: 'step' | 'map' | 'call' | 'loop' | 'fallback' | 'select'
  /** Of the steps before it, those whose bit is set. */
  readonly needs: number
  readonly optional: boolean
  readonly when: boolean | undefined
  readonly retry: number | undefined
  readonly timeout: number | undefined
  readonly durable: 'none' | undefined
  readonly undo: boolean
  readonly work: Work
}

/** What the function of a step does. */
interface Work {
  /** So many attempts fail. */
  readonly fails: number
  /** How long each takes, ms. */
  readonly takes: number
  readonly listens: boolean
}

const work: fc.Arbitrary<Work> = fc.record({
  fails: fc.nat(3),
  takes: fc.constantFrom(0, 0, 10, 700, 5_000),
  listens: fc.boolean(),
})

const blueprint: fc.Arbitrary<Blueprint> = fc.record({
  kind: fc.constantFrom('step', 'step', 'map', 'call', 'loop', 'fallback', 'select'),
  needs: fc.nat(255),
  optional: fc.boolean(),
  when: fc.option(fc.boolean(), { nil: undefined }),
  retry: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  timeout: fc.option(fc.constantFrom(5, 500, 2_000), { nil: undefined }),
  durable: fc.constantFrom(undefined, undefined, 'none'),
  undo: fc.boolean(),
  work,
})

/** A pipeline, and how it is run: to its end, until it is cancelled or has taken too long, with a pause. */
export interface Plot {
  readonly steps: readonly Blueprint[]
  readonly concurrency: number | undefined
  readonly failure: 'fail-fast' | 'continue'
  readonly ends: 'by itself' | 'cancelled' | 'too late' | 'after a pause'
}

export const anyPlot: fc.Arbitrary<Plot> = fc.record({
  steps: fc.array(blueprint, { minLength: 1, maxLength: 6 }),
  concurrency: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  failure: fc.constantFrom('fail-fast', 'continue'),
  ends: fc.constantFrom('by itself', 'by itself', 'cancelled', 'too late', 'after a pause'),
})

export function scenarioOf({ steps, concurrency, failure, ends }: Plot): Scenario {
  const limits = {
    ...(concurrency !== undefined && { concurrency }),
    ...(ends === 'too late' && { timeout: '2s' as const }),
  }
  return {
    name: ends,
    pipeline: pipelineOf(steps),
    options: { failure, grace: '10s', ...limits },
    act: async (run, clock) => {
      const is = (status: Run<unknown>['status']) => run.status === status
      await clock.advance('1s')
      if (ends === 'cancelled') run.cancel('enough')
      if (ends !== 'after a pause' || !is('running')) return
      run.pause()
      await clock.advance('3s')
      if (is('paused')) run.resume()
    },
  }
}

type Any = Handle<unknown, Requires>

function pipelineOf(steps: readonly Blueprint[]): Scenario['pipeline'] {
  return pipeline('any', (p) => {
    const handles: Any[] = []
    for (const step of steps) handles.push(declare(p, `s${handles.length}`, step, handles))
    return Object.fromEntries(handles.map((handle) => [idOf(handle), handle]))
  })
}

function declare(p: Steps<void>, id: string, step: Blueprint, before: readonly Any[]): Any {
  const { kind, optional, when, retry, timeout, durable, undo } = step
  const needs = before.filter((_, at) => (step.needs & (1 << at)) !== 0)
  const options = {
    needs,
    optional,
    ...(when !== undefined && { when: () => when }),
    ...(retry !== undefined && { retry }),
    ...(timeout !== undefined && { timeout }),
    ...(durable !== undefined && { durable }),
  }
  const does = { uses: { time: Time }, run: functionOf(step.work), ...(undo && { undo: () => undefined }) }
  switch (kind) {
    case 'step':
      return p.step(id, { ...options, ...does })
    case 'map': {
      const { run, ...rest } = does
      const items = { over: () => ['x', 'y', 'z'], concurrency: 2, optionalItems: optional }
      return p.map(id, { ...options, ...rest, ...items, run: (_, ctx) => run(_, ctx) })
    }
    case 'call':
      return p.call(id, innerOf(step), { ...options, input: () => 0 })
    case 'loop':
      return p.loop(id, innerOf(step), { ...options, input: () => 0, until: (n) => n === 2, max: 3 })
    case 'fallback': {
      const alternatives = { first: does.run, second: () => 'second' }
      return p.fallback(id, { needs, optional, uses: does.uses, alternatives })
    }
    case 'select':
      return needs.length > 0 ? p.select(id, needs) : p.step(id, { ...options, ...does })
  }
}

/** A pipeline of two steps, of which the second does the work. */
const innerOf = ({ work }: Blueprint): Pipeline<number, number, Requires> =>
  pipeline('inner', { input: type<number>() }, (p) => {
    const next = p.step('next', { run: ({ input }) => input + 1, undo: () => undefined })
    const run = functionOf(work)
    return p.step('work', {
      needs: { next },
      uses: { time: Time },
      retry: 2,
      run: async ({ next }, ctx) => {
        await run(undefined, ctx)
        return next
      },
    })
  })

type Context = StepContext<{ readonly time: typeof Time }>

const functionOf =
  ({ fails, takes, listens }: Work) =>
  async (_: unknown, { attempt, use, signal, progress, log, metrics }: Context) => {
    log.info({ attempt }, 'working')
    metrics?.increment('calls')
    if (takes > 0) await (listens ? after(takes, use.time, signal) : deafly(takes, use.time))
    progress(attempt)
    if (attempt <= fails) throw new Error(`attempt ${attempt} failed`)
    return takes
  }
