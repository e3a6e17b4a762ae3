import { PipelineError, uuidv7 } from '@pipe/core'
import type { Engine } from './engine.ts'
import type { Entry } from './entry.ts'
import { type Firing, triggeredFiring } from './firing.ts'

/** What became of a run that somebody asked for. */
export interface Triggered {
  /** Of the run. */
  readonly id: string
  /** `waiting` and `skipped`: another run goes on, and the schedule says so of overlaps. */
  readonly outcome: 'started' | 'waiting' | 'skipped'
}

/** Lets a schedule fire no more; what was due before that comes still. */
export async function pause(engine: Engine, entry: Entry): Promise<void> {
  await engine.change(entry, (draft, now) => {
    engine.pass(draft, now)
    draft.pause()
  })
}

/** Lets a schedule fire again. */
export async function resume(engine: Engine, entry: Entry): Promise<void> {
  await engine.change(entry, (draft, now) => {
    draft.resume(now)
    engine.pass(draft, now)
  })
}

/** Removes a schedule, and forgets what is kept of it. When that fails it stays. */
export async function remove(engine: Engine, entry: Entry): Promise<void> {
  entry.isLeaving = true
  const forget = async () => {
    const state = await engine.keeper.forget(entry.name)
    engine.drop(entry)
    return state
  }
  const state = await entry.inTurn(forget).finally(() => (entry.isLeaving = false))
  for (const firing of state?.waiting ?? [])
    engine.tell(entry, { what: 'schedule:skip', event: { ...firing, reason: 'removed' } })
}

/** Starts a run of a schedule now. */
export async function trigger(engine: Engine, entry: Entry): Promise<Triggered> {
  if (engine.state !== 'running') {
    const message = `The scheduler is ${engine.state}: nothing can be triggered. Start it first.`
    throw new PipelineError('SCHEDULE_STATE', message)
  }
  if (!engine.isReady) await engine.start() // which is going on
  const token = uuidv7().slice(-8)
  let firing: Firing | undefined
  let outcome: Triggered['outcome'] | undefined
  await engine.change(entry, (draft, now) => {
    // One run, also when this is done again.
    firing ??= triggeredFiring(entry.name, now, token)
    outcome = draft.offer(firing)
  })
  return { id: firing!.id, outcome: outcome! }
}
