import { PipelineError, type RunContext } from '@pipe/core'
import type { Taken } from './acquire.ts'
import { History } from './history.ts'
import type { Lease } from './lease.ts'
import { forkedEntry } from './record.ts'
import type { Recorder } from './recorder.ts'
import { differences, signaturesOf } from './signatures.ts'
import type { StateStore } from './store.ts'
import { headOf } from './stored-run.ts'
import { takenOver } from './take-over.ts'

/** What is known of a run that was taken. */
export interface BeginningParts {
  readonly run: RunContext
  readonly store: StateStore
  readonly taken: Taken
  readonly lease: Lease
  readonly recorder: Recorder
}

/**
 * What a run goes on with: what it has recorded, or, of a fork, what it took over.
 *
 * @throws PipelineError `RUN_CHANGED` when the definition does not fit it; `RUN_CONFLICT` when there is no taking over any
 * more; `LEASE_LOST`
 */
export async function historyOf(parts: BeginningParts): Promise<History> {
  const { run, store, taken, lease, recorder } = parts
  const { stored, resumed } = taken
  const history = new History()
  if (resumed) await history.load((after) => lease.entries(after))
  const { fork } = headOf(stored.data)
  if (fork !== undefined && !history.forked) {
    const entries = await takenOver(store, fork, stored.id, run.definition)
    await Promise.all(entries.map((entry) => recorder.write(entry)))
    // Until this is written all of it is done again by whoever takes the run next.
    await recorder.write(forkedEntry)
    for (const entry of entries) history.add(entry)
  }
  const lines = resumed ? differences(history.signatures, signaturesOf(run.definition)) : []
  if (lines.length === 0) return history
  if (stored.command === 'cancel') {
    // It ends all the same: what still fits is undone, and nothing else begins.
    history.forget(({ path, signature }) => differences([[path, signature]], signaturesOf(run.definition)).length > 0)
    return history
  }
  const { pipeline } = run
  const message = `Pipeline "${pipeline}" is not what run "${stored.id}" was recorded with: ${lines.join('; ')}. Run it where the definition is as it was, begin anew with \`force\`, or \`fork\` it.`
  throw new PipelineError('RUN_CHANGED', message, { pipeline })
}
