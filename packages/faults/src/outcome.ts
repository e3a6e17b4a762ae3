import type { StateStore, StoredRun } from '@pipe/state'
import { doubleCommits } from './audit.ts'
import { acceptedIn, type Line } from './ledger.ts'
import { entriesOf, hasEnded } from './reading.ts'

/** What became of the runs of a lab. */
interface Outcome {
  /** How many were accepted. */
  readonly runs: number
  /** Those of them that did not come to their end, in words. */
  readonly lost: readonly string[]
  /** Entries that were confirmed with another value than is recorded, in words. */
  readonly doubles: readonly string[]
}

/**
 * What became of the runs that were accepted.
 *
 * @param open those that are not to come to their end: they are not lost
 */
export async function outcomeOf(
  store: StateStore,
  lines: readonly Line[],
  open: ReadonlySet<string>,
): Promise<Outcome> {
  const ids = acceptedIn(lines)
  const [lost, doubles]: [string[], string[]] = [[], []]
  for (const id of ids) {
    try {
      const run = await store.get(id)
      if (!open.has(id) && !isOver(run)) lost.push(`${id} is lost: ${JSON.stringify(run)}`)
      if (run !== undefined) doubles.push(...doubleCommits(lines, id, await entriesOf(store, id)))
    } catch (error) {
      lost.push(`${id} is lost with its store: ${String(error)}`)
    }
  }
  return { runs: ids.size, lost, doubles }
}

const isOver = (run: StoredRun | undefined) => run !== undefined && hasEnded(run)
