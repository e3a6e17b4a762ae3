import { sqliteStore } from '@pipe/state'

const RUNS = 20

/** Keeps entries: one commit after the other to one run, or (`grouped`) 20 at a time, each to a run of its own. */
export async function commits(file, variant) {
  const store = sqliteStore({ file })
  await store.open()
  const fences = []
  for (let run = 0; run < RUNS; run++) {
    const request = { owner: 'bench', leaseMs: 3_600_000, maxCrashes: 0 }
    const { fence } = await store.acquire({ id: `run-${run}`, pipeline: 'bench', data: '{}' }, request)
    fences.push(fence)
  }
  const commit = (run, entry) => store.commit(`run-${run}`, fences[run], [entry])
  if (variant !== 'grouped')
    return async (entries) => {
      let good = true
      for (const entry of entries) good &&= await commit(0, entry)
      return good
    }
  return async (entries) => {
    let good = true
    for (let from = 0; from < entries.length; from += RUNS) {
      const answers = await Promise.all(entries.slice(from, from + RUNS).map((entry, run) => commit(run, entry)))
      good &&= answers.every(Boolean)
    }
    return good
  }
}
