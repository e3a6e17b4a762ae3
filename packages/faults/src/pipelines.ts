import { pipeline, type } from '@pipe/core'
import type { Acts } from './acts.ts'

/** How long steps take so that what runs beside them is recorded before them, ms. */
const SLOW = 20

/** What the pipelines are given. */
export interface Input {
  /** How long their step `long` takes, ms. */
  readonly ms: number
}

/** Runs of every kind of step, with audited effects. */
export function pipelinesOf(acts: Acts) {
  const counting = pipeline('counting', { input: type<number>() }, (p, input) =>
    p.step('add', { needs: { input }, run: async ({ input }, ctx) => (await acts.act(ctx), input + 1) }),
  )
  const inner = pipeline('inner', { input: type<number>() }, (p, input) => {
    const one = p.step('one', {
      needs: { input },
      run: async ({ input }, ctx) => (await acts.act(ctx), input * 2),
      undo: (_, ctx) => acts.undo(ctx),
    })
    return p.step('two', {
      needs: { one },
      run: async ({ one }, ctx) => (await acts.act(ctx), one + 1),
      undo: (_, ctx) => acts.undo(ctx),
    })
  })

  /** Succeeds. */
  const thorough = pipeline('thorough', { input: type<Input>() }, (p, input) => {
    const a = p.step('a', { run: async (_, ctx) => (await acts.act(ctx), 1) })
    const b = p.step('b', { needs: { a }, run: async ({ a }, ctx) => (await acts.act(ctx), a + 1) })
    const long = p.step('long', {
      needs: { input, b },
      run: async ({ input }, ctx) => (await acts.act(ctx, input.ms), 'long'),
    })
    const items = p.map('items', {
      needs: { b },
      over: () => ['x', 'y', 'z'],
      key: (item) => item,
      concurrency: 2,
      run: async (item, ctx) => (await acts.act(ctx, item === 'x' ? undefined : SLOW), `${item}${ctx.needs.b}`),
    })
    const call = p.call('call', inner, { needs: { b }, input: ({ b }) => b, after: [items] })
    const loop = p.loop('loop', counting, { input: call, until: (count) => count >= 8, max: 5 })
    const perhaps = p.step('perhaps', {
      needs: { b },
      optional: true,
      run: async (_, ctx): Promise<string> => {
        await acts.act(ctx, SLOW)
        throw new Error('Perhaps not.')
      },
    })
    const way = p.fallback('way', {
      needs: { loop },
      alternatives: {
        first: async (_, ctx): Promise<string> => {
          await acts.act(ctx)
          throw new Error('Not this way.')
        },
        second: async ({ loop }, ctx) => (await acts.act(ctx), `second ${loop}`),
      },
    })
    const flaky = p.step('flaky', {
      needs: { b },
      retry: { maxAttempts: 3, initialDelay: 20, jitter: 'none' },
      run: async (_, ctx) => {
        await acts.act(ctx, SLOW)
        if (ctx.attempt < 3) throw new Error('Later.')
        return ctx.attempt
      },
    })
    return p.step('end', {
      needs: { long, items, perhaps, way, flaky },
      run: async (needs, ctx) => (await acts.act(ctx), needs),
    })
  })

  /** Fails in the end, and undoes what was completed; one step after the other, for that has one order then. */
  const failing = pipeline('failing', { input: type<Input>() }, (p, input) => {
    const a = p.step('a', {
      run: async (_, ctx) => (await acts.act(ctx), 1),
      undo: (_, ctx) => acts.undo(ctx),
    })
    const long = p.step('long', {
      needs: { input, a },
      run: async ({ input }, ctx) => acts.act(ctx, input.ms),
      undo: (_, ctx) => acts.undo(ctx),
    })
    const items = p.map('items', {
      after: [long],
      over: () => ['x', 'y'],
      concurrency: 1,
      run: async (item, ctx) => (await acts.act(ctx), item),
      undo: (_, ctx) => acts.undo(ctx),
    })
    const call = p.call('call', inner, { needs: { items }, input: ({ items }) => items.length })
    return p.step('last', {
      needs: { call },
      run: async (_, ctx): Promise<never> => {
        await acts.act(ctx)
        throw new Error('The last step always fails.')
      },
    })
  })

  return { thorough, failing }
}

/** A pipeline, by its name. */
export type PipelineName = keyof ReturnType<typeof pipelinesOf>
