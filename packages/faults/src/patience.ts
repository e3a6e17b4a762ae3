import { setTimeout as sleep } from 'node:timers/promises'

/** Longest that anything is waited for, ms: no machine is too slow for it, so what takes longer does not happen. */
export const PATIENCE = 60_000

/** What `promise` resolves with; rejects when it takes longer than {@link PATIENCE}. */
export async function patiently<T>(promise: Promise<T>, what: () => string): Promise<T> {
  const isHere = new AbortController()
  const late = sleep(PATIENCE, undefined, { signal: isHere.signal }).then((): never => {
    throw new Error(`Waited ${PATIENCE} ms for ${what()}.`)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    isHere.abort()
  }
}
