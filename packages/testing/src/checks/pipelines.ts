import { type Pipeline, pipeline, type StepContext, type StepOptions, type } from '@pipe/core'

/** The work of a step. */
export type Work = (ctx: StepContext) => unknown

/** One step `a`, with `options`. */
export function oneStep(options: StepOptions, work: Work): Pipeline<void, unknown> {
  return pipeline('one', (p) => p.step('a', { ...options, run: (_, ctx) => work(ctx) }))
}

/** Every kind of step that plugins are asked about, with `options`; `work` is done by each, three times by the map. */
export function everyKind(options: StepOptions, work: Work): Pipeline<void, unknown> {
  const inner = pipeline('inner', { input: type<unknown>() }, (p) =>
    p.step('within', { ...options, run: (_, ctx) => work(ctx) }),
  )
  return pipeline('every', (p) => {
    const step = p.step('step', { ...options, run: (_, ctx) => work(ctx), undo: () => undefined })
    const map = p.map('map', { ...options, over: () => [1, 2, 3], concurrency: 2, run: (_, ctx) => work(ctx) })
    const call = p.call('call', inner, { ...options, input: () => undefined })
    const loop = p.loop('loop', inner, { ...options, input: () => undefined, until: () => true, max: 2 })
    const skipped = p.step('skipped', { ...options, when: () => false, run: (_, ctx) => work(ctx) })
    return { step, map, call, loop, skipped }
  })
}

/** Work of every outcome. */
export const works = {
  /** Answers at once. */
  answers: () => 'output',
  /** Answers with a promise. */
  promises: () => Promise.resolve('output'),
  /** Fails. */
  fails: () => {
    throw new Error('The step fails.')
  },
  /** Runs until its signal aborts. */
  hangs: ({ signal }: StepContext) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    }),
  /** Never returns, and does not listen either. */
  deaf: () => new Promise(() => undefined),
} satisfies Record<string, Work>

/** The work that ends by itself, in each way there is. */
export const outcomes = [works.answers, works.promises, works.fails]

/** A run whose steps do `work`, in words. */
export function inWords(work: () => unknown): string {
  if (work === works.fails) return 'whose steps fail'
  return work === works.promises ? 'whose steps return promises' : 'whose steps return at once'
}
