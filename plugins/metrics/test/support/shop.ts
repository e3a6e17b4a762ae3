import { createPipe, type Pipe, pipeline, type Plugin } from '@pipe/core'
import { fakeClock } from '@pipe/testing'
import { metrics, type MetricsOptions } from '../../src/index.ts'

const again: Plugin = {
  name: 'again',
  policy:
    () =>
    ({ attempt, ctx }) =>
      attempt < 2 ? { retryAt: ctx.now() + 1_000 } : undefined,
}

/** A pipe, and what runs a pipeline in it that has a part in every metric there is; the same values each time. */
export function shop(options: MetricsOptions): { readonly pipe: Pipe<object>; readonly run: () => Promise<void> } {
  const clock = fakeClock()
  const takes = (ms: number) => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms))
  const order = pipeline('order', (p) => {
    const user = p.step('user', { run: (_, { metrics }) => metrics?.add('queue.length', 4) })
    const prices = p.map('prices', {
      needs: { user },
      over: () => ['lamp', 'rug'],
      run: async (_, { attempt, key, metrics }) => {
        await takes(20)
        metrics?.increment('requests')
        if (key === '1' && attempt === 1) throw new Error('503')
      },
    })
    const mail = p.step('mail', {
      needs: { prices },
      run: async (_, { metrics }) => {
        await takes(400)
        metrics?.record('mail.size', 30)
      },
    })
    return { mail, gift: p.step('gift', { needs: { user }, when: () => false, run: () => 1 }) }
  })
  const pipe = createPipe({ plugins: [metrics(options), again], clock })
  const run = async () => {
    const { result } = pipe.start(order, undefined, { concurrency: 1 })
    await clock.advance('1m')
    const { status } = await result
    if (status !== 'succeeded') throw new Error(`The run ended as ${status}.`)
  }
  return { pipe, run }
}
