import type { Clock } from '@pipe/core'
import { unref } from './unref.ts'

/** How long a database may take to answer, ms: one that takes longer is as good as one that is down. */
export const ANSWER_MS = 30_000

/** What becomes of `work`; rejects when that takes longer than {@link ANSWER_MS}, and lets it go on alone. */
export async function answered<T>(clock: Clock, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(new Error(`It has not answered for ${ANSWER_MS / 1_000} s.`))
  const timer = unref(clock.setTimeout(giveUp, ANSWER_MS))
  try {
    return await Promise.race([work, late])
  } finally {
    clock.clearTimeout(timer)
  }
}
