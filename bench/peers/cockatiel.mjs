import { ExponentialBackoff, handleAll, retry, timeout, TimeoutStrategy, wrap } from 'cockatiel'
import { chain } from './hand.mjs'

export const resilientChain = (functions) => {
  const policy = wrap(
    retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() }),
    timeout(5_000, TimeoutStrategy.Aggressive),
  )
  return chain(functions.map((fn) => (value) => policy.execute(() => fn(value))))
}
