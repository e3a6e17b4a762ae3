export type { Backoff, Jitter } from './backoff.ts'
export type { RetryBudget, RetryDefaults, RetryOptions } from './options.ts'
export { retry } from './retry.ts'
export { httpRetryAfter } from './retry-after.ts'
