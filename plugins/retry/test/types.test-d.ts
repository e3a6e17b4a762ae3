import { defineStep, pipeline } from '@pipe/core'
import { retry, type RetryOptions } from '../src/index.ts'

const run = () => 1
pipeline('p', (p) => p.step('a', { retry: 3, run }))
pipeline('p', (p) => p.step('a', { retry: false, run }))
pipeline('p', (p) =>
  p.map('a', { over: () => [1], retry: { maxAttempts: 2, initialDelay: '250ms', jitter: 'equal' }, run }),
)
pipeline('p', (p) =>
  p.call(
    'a',
    pipeline('q', (q) => q.step('b', { run })),
    { retry: { retryIf: (error) => error instanceof TypeError }, input: () => undefined },
  ),
)
pipeline('p', (p) => p.step('a', defineStep({ retry: { retryAfter: (_, now) => now }, run })))
retry({ maxAttempts: 5, budget: { retries: 100, per: '1m' } })

// @ts-expect-error -- durations have a unit
export const unit: RetryOptions = { initialDelay: '1 second' }
// @ts-expect-error -- there is no such jitter
export const jitter: RetryOptions = { jitter: 'some' }
// @ts-expect-error -- an async filter would always say yes
export const filter: RetryOptions = { retryIf: async () => true }
// @ts-expect-error -- the budget is the pipe's, not a step's
export const budget: RetryOptions = { budget: { retries: 1, per: 1 } }
// @ts-expect-error -- a budget is for a time
retry({ budget: { retries: 100 } })
// @ts-expect-error -- `true` does not say how often
pipeline('p', (p) => p.step('a', { retry: true, run }))
