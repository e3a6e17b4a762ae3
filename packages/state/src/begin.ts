import { isPipelineError, PipelineError, type RunContext } from '@pipe/core'
import type { Taken } from './acquire.ts'
import { History } from './history.ts'
import type { Lease } from './lease.ts'
import { forkedEntry } from './record.ts'
import type { Recorder } from './recorder.ts'
import type { Resumption } from './resumption.ts'
import { changesIn, signaturesOf, told } from './signatures.ts'
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
  /** Told what becomes of the steps, when there are records. */
  readonly resumption: Resumption
}

/**
 * What a run goes on with: what it has recorded, or, of a fork, what it took over.
 *
 * @throws PipelineError `RUN_CHANGED` when the definition does not fit it; `RUN_CONFLICT` when there is no taking over any
 * more; `LEASE_LOST`
 */
export async function historyOf(parts: BeginningParts): Promise<History> {
  const { run, store, taken, lease, recorder, resumption } = parts
  const { stored, resumed } = taken
  const history = new History()
  if (resumed) await history.load((after) => lease.entries(after))
  const { fork, steps } = headOf(stored.data)
  const isCancelled = stored.command === 'cancel'
  if (resumed) {
    resumption.compare(run.definition, steps)
    resumption.useless(history.outdated)
  }
  if (fork !== undefined && !history.forked) {
    let other: Awaited<ReturnType<typeof takenOver>>
    try {
      other = await takenOver(store, fork, stored.id, run.definition)
    } catch (error) {
      // It ends all the same: none of its steps has begun, and there is no telling what it began with.
      if (isCancelled && isPipelineError(error, 'RUN_CONFLICT')) return new History()
      throw error
    }
    const { entries, before, gone, useless } = other
    resumption.compare(run.definition, before)
    resumption.useless(useless)
    resumption.gone(gone)
    await Promise.all(entries.map((entry) => recorder.write(entry)))
    // Until this is written all of it is done again by whoever takes the run next.
    await recorder.write(forkedEntry)
    for (const entry of entries) history.add(entry)
  }
  const changes = resumed ? changesIn(history.signatures, signaturesOf(run.definition)) : []
  if (changes.length === 0) return history
  resumption.gone(changes.filter(({ is }) => is === undefined).map(({ path }) => path))
  if (isCancelled) {
    // It ends all the same: what still fits is undone, and nothing else begins.
    history.forget(({ path, signature }) => changesIn([[path, signature]], signaturesOf(run.definition)).length > 0)
    return history
  }
  const { pipeline } = run
  const message = `Pipeline "${pipeline}" is not what run "${stored.id}" was recorded with: ${changes.map(told).join('; ')}. Run it where the definition is as it was, begin anew with \`force\`, or \`fork\` it.`
  throw new PipelineError('RUN_CHANGED', message, { pipeline })
}
