import { setTimeout as sleep } from 'node:timers/promises'
import type { RunInfo, Runs } from '@pipe/state'

/** How often to look, ms. */
const PACE = 100

/**
 * Waits as long as another process has a run: until that has ended it, handed it back, or died and let its lease run out.
 *
 * @param say is told once of the run, if there is anything to wait for
 * @throws AbortError when `signal` aborts
 */
export async function waitForRun(runs: Runs, id: string, signal: AbortSignal, say: (run: RunInfo) => void) {
  for (let told = false; ; told = true) {
    const run = await runs.get(id)
    if (run?.held !== true) return
    if (!told) say(run)
    await sleep(PACE, undefined, { signal })
  }
}
