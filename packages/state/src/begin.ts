import { type Clock, PipelineError, type RunContext } from '@pipe/core'
import { History } from './history.ts'
import type { Journal } from './journal.ts'
import { forkedEntry } from './record.ts'
import { differences, signaturesOf } from './signatures.ts'
import type { StateStore, StoredRun } from './store.ts'
import { headOf } from './stored-run.ts'
import { takenOver } from './take-over.ts'

/** What is known of a run that was taken. */
export interface BeginningParts {
  readonly run: RunContext
  readonly store: StateStore
  /** As it was taken. */
  readonly stored: StoredRun
  /** Whether it was begun before. */
  readonly resumed: boolean
  readonly journal: Journal
  readonly clock: Clock
}

/**
 * What a run goes on with: what it has recorded, or, of a fork, what it took over.
 *
 * @throws PipelineError `RUN_CHANGED` when the definition does not fit it; `RUN_CONFLICT` when there is no taking over any
 * more; what the store throws
 */
export async function historyOf({ run, store, stored, resumed, journal, clock }: BeginningParts): Promise<History> {
  const history = new History()
  if (resumed) await history.load(store, stored.id)
  const { fork } = headOf(stored.data)
  if (fork !== undefined && !history.forked) {
    const entries = await takenOver(store, fork, stored.id, run.definition)
    await Promise.all(entries.map((entry) => journal.write(entry)))
    // Until this is written all of it is done again by whoever takes the run next.
    await journal.write(forkedEntry(clock.now()))
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
