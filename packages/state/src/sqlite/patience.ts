import { isBusy } from './errors.ts'

/** SQLite itself waits this long for a lock, and the process with it: most are held for less. */
export const HELD_UP_MS = 5

/** The longest pause between two attempts. Short: who waits for a lock does not queue for it. */
const LONGEST_PAUSE_MS = 20

/**
 * Calls `attempt`, and again while another connection has the lock, for at most `ms`. The process goes on in between.
 *
 * @throws what `attempt` threw last
 */
export async function patiently<T>(attempt: () => T, ms: number): Promise<T> {
  let since: number | undefined
  for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return attempt()
    } catch (error) {
      since ??= performance.now()
      if (!isBusy(error) || performance.now() - since >= ms) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}
