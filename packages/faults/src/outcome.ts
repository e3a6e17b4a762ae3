import type { StateStore } from '@pipe/state'
import { doubleCommits } from './audit.ts'
import { acceptedIn, type Line } from './ledger.ts'
import { entriesOf, hasEnded } from './reading.ts'
import type { LabFigures } from './tally.ts'

/**
 * What became of the runs that were accepted.
 *
 * @param open those that are not to come to their end: they are not lost
 */
export async function outcomeOf(
  store: StateStore,
  lines: readonly Line[],
  open: ReadonlySet<string>,
): Promise<Pick<LabFigures, 'runs' | 'lost' | 'doubleCommits'>> {
  const ids = acceptedIn(lines)
  let [lost, double] = [0, 0]
  for (const id of ids) {
    try {
      const run = await store.get(id)
      if (!open.has(id) && (run === undefined || !hasEnded(run))) lost++
      if (run !== undefined) double += doubleCommits(lines, id, await entriesOf(store, id)).length
    } catch {
      lost++ // with its store
    }
  }
  return { runs: ids.size, lost, doubleCommits: double }
}
