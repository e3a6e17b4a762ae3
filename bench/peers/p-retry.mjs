import pRetry from 'p-retry'
import pTimeout from 'p-timeout'
import { chain } from './hand.mjs'

const resilient = (fn) => (value) => pRetry(() => pTimeout(fn(value), { milliseconds: 5_000 }), { retries: 3 })

export const resilientChain = (functions) => chain(functions.map(resilient))
