import { type Clock, isPipelineError } from '@pipe/core'
import { sleep } from './sleep.ts'

/** How long a store is asked. */
export interface Persistence {
  readonly clock: Clock
  /** Ends the asking, and the waiting for an answer: with its reason. */
  readonly signal: AbortSignal
  /** The store could not be reached; throws when it should not be asked again. */
  readonly failed: (error: unknown) => void
}

/** Longest wait between two tries to reach a store, ms. */
export const LONGEST_WAIT = 1_000

/** Asks a store until it answers: what it is asked may be asked again. Rejects with what is not `STORE_UNAVAILABLE`. */
export async function insist<T>(ask: () => Promise<T>, { clock, signal, failed }: Persistence): Promise<T> {
  for (let wait = 10; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    signal.throwIfAborted()
    try {
      return await unlessAborted(ask(), signal)
    } catch (error) {
      if (signal.aborted || !isPipelineError(error, 'STORE_UNAVAILABLE')) throw error
      failed(error)
    }
    await sleep(clock, wait, signal)
  }
}

/** What `promise` answers; rejects with the reason of `signal` when that aborts before. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
