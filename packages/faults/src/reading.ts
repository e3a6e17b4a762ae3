import type { Entry, StateStore, StoredRun } from '@pipe/state'

/** Whether a run is over, once and for all. */
export const hasEnded = ({ endedAt }: StoredRun): boolean => endedAt !== undefined

/** All entries of a run, in the order of their keys. */
export async function entriesOf(store: StateStore, id: string): Promise<readonly Entry[]> {
  const all: Entry[] = []
  let after: string | undefined
  do {
    const { items, next } = await store.entries(id, after)
    all.push(...items)
    after = next
  } while (after !== undefined)
  return all.sort((a, b) => (a.key < b.key ? -1 : 1))
}
