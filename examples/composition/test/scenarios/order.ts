import { trace } from '@opentelemetry/api'
import { pipeline, type } from '@pipe/core'
import { after, type Scenario, Time } from '../support/scenario.ts'

const parcel = pipeline('parcel', { input: type<number>() }, (p) => {
  const label = p.step('label', {
    run: ({ input }, { log }) => {
      log.info({ articles: input }, 'printing the label')
      return `parcel of ${input}`
    },
  })
  return p.step('hand over', { needs: { label }, retry: 2, run: ({ label }, { attempt }) => once(attempt, label) })
})

const box = pipeline('box', { input: type<number>() }, (p) =>
  p.step('fill', { run: ({ input }, { metrics }) => (metrics?.increment('boxes'), Math.max(0, input - 2)) }),
)

/** Fails in the first attempt. */
function once<T>(attempt: number, value: T): T {
  if (attempt === 1) throw new Error('busy')
  return value
}

/** Every kind of step, one after the other or side by side; attempts that fail, attempts that take too long. */
export const order: Scenario = {
  name: 'an order that is sent',
  options: { tags: { shop: 'north' } },
  pipeline: pipeline('order', { version: '3' }, (p) => {
    const customer = p.step('customer', {
      uses: { time: Time },
      retry: { maxAttempts: 3, backoff: 'linear' },
      timeout: '5s',
      run: async (_, { attempt, use, signal }) => {
        if (attempt === 2) await after(60_000, use.time, signal)
        return once(attempt, { name: 'Ada', vip: true })
      },
    })
    const reserved = p.map('reserve', {
      needs: { customer },
      over: () => ['lamp', 'rug', 'unicorn'],
      key: (article) => article,
      concurrency: 2,
      optionalItems: true,
      uses: { time: Time },
      retry: 2,
      timeout: '2s',
      run: async (article, { attempt, use, signal, progress, metrics }) => {
        progress(0.5)
        metrics?.record('price', article.length)
        trace.getActiveSpan()?.addEvent('asked for', { article })
        await after(article === 'lamp' && attempt === 1 ? 60_000 : 300, use.time, signal)
        if (article === 'unicorn') throw new Error('there are none')
        trace.getActiveSpan()?.addEvent('got', { article })
        return article
      },
      undo: (_, { log }) => log.warn({}, 'never'),
    })
    const warm = p.step('warm', { needs: { customer }, when: ({ customer }) => customer.vip, run: () => 'Dear Ada' })
    const plain = p.step('plain', { needs: { customer }, when: ({ customer }) => !customer.vip, run: () => 'Hello' })
    const greeting = p.select('greeting', [warm, plain])
    const price = p.fallback('price', {
      needs: { reserved },
      alternatives: { live: (): number => once(1, 99), cached: () => 42 },
    })
    const gift = p.step('gift', { optional: true, retry: 2, run: (): string => once(1, 'a mug') })
    const boxes = p.loop('pack', box, { input: () => 5, until: (left) => left === 0, max: 5, after: [reserved] })
    const sent = p.call('send', parcel, { needs: { boxes }, input: () => 2, timeout: '1m' })
    return { reserved, greeting, price, gift, sent }
  }),
}
