import { hostname } from 'node:os'
import { type Clock, PipelineError, type RunContext, uuidv7 } from '@pipe/core'
import { isSameValue } from './canonical.ts'
import { isForkOf, originOf } from './fork.ts'
import { insist } from './insist.ts'
import { type Moment, momentOf } from './moment.ts'
import type { DurableSettings } from './options.ts'
import { recordedOptionsOf } from './recorded-options.ts'
import { headOf, inputTextOf, writeRunData } from './stored-run.ts'
import type { StoredRun } from './store.ts'

/** A run that was taken; or, without a `fence`, one that has ended. */
export interface Taken {
  readonly stored: StoredRun
  readonly fence: number | null
  /** Whether it may have records. */
  readonly resumed: boolean
  /** When it was first asked for: the lease may count from then. */
  readonly since: Moment
}

/**
 * Takes a run for this execution of it. What cannot be had is left as it was.
 *
 * A store that cannot be reached is asked again for as long as a lease, or until the run is told to stop: a request whose
 * answer was lost may have taken the run, and the next one gets the lease that it has.
 *
 * @throws PipelineError `RUN_TAKEN`, `RUN_PAUSED`, `RUN_DEAD`, `RUN_CONFLICT`, `RUN_UNKNOWN`, `VALUE_UNSTORABLE`, and what the
 * store throws
 */
export async function acquire(settings: DurableSettings, run: RunContext, clock: Clock): Promise<Taken> {
  const { store, leaseMs, maxCrashes } = settings
  const { runId: id, pipeline, version, tags, given: input, options } = run
  const { force: anew = false, fork } = options
  const begin = { version, tags, options: recordedOptionsOf(options), input, fork: undefined }
  const bare = writeRunData(settings, begin, run.definition)
  const asking = { settings, run, clock }

  // Taking a run changes it, so it is looked at first; nobody knows an id that was just made.
  const isNew = anew || options.id === undefined
  const known = isNew ? undefined : await answerOf(asking, () => store.get(id))
  if (known !== undefined) mustBeThis(settings, run, known, bare)
  if (known === undefined && options.recovery !== undefined) {
    throw new PipelineError('RUN_UNKNOWN', `There is no run "${id}" in the store, so it cannot be recovered.`, {
      pipeline,
    })
  }
  const forks = fork !== undefined && known === undefined
  const origin = forks ? await originOf(settings, fork, id, run.definition, inputTextOf(bare)) : undefined
  const data = forks ? writeRunData(settings, { ...begin, fork: origin }, run.definition) : bare
  const owner = `${hostname()}:${process.pid}:${uuidv7()}`.slice(-200)
  const request = { owner, leaseMs, maxCrashes, anew }
  const free = async (fence: number | null) => {
    if (fence !== null) await store.release(id, fence, 'waiting').catch(() => false)
  }

  const since = momentOf(clock)
  const ask = () => store.acquire({ id, pipeline, data }, request)
  const acquired = await answerOf(asking, ask, ({ fence }) => void free(fence))
  const { fence, created, run: stored } = acquired
  try {
    if (!created && !anew) mustBeThis(settings, run, stored, bare)
  } catch (error) {
    await free(fence) // somebody else had created it in between
    throw error
  }
  const problem = fence === null ? whyNot(stored, anew) : undefined
  if (problem !== undefined) throw new PipelineError(...problem, { pipeline })
  return { stored, fence, resumed: !created, since }
}

/** @throws PipelineError `RUN_CONFLICT` when `stored` is not what is being started, `VALUE_UNSTORABLE` when that cannot be told */
function mustBeThis({ codec }: DurableSettings, run: RunContext, stored: StoredRun, data: string): void {
  const { runId: id, pipeline, options } = run
  const { fork } = options
  const isSameInput = () => isSameValue(codec, inputTextOf(stored.data), inputTextOf(data), `The input of run "${id}"`)
  const other =
    stored.pipeline !== pipeline
      ? `of pipeline "${stored.pipeline}"`
      : !isSameInput()
        ? 'with another input'
        : fork !== undefined && !isForkOf(headOf(stored.data).fork, fork)
          ? `that is not this fork of "${fork.run}"`
          : undefined
  if (other === undefined) return
  const message = `There is a run "${id}" ${other} already. Give this one another id, or force it.`
  throw new PipelineError('RUN_CONFLICT', message, { pipeline })
}

/** Why a run cannot be had; `undefined` when it has ended. */
function whyNot(
  { id, status, command, owner, crashes }: StoredRun,
  anew: boolean,
): readonly [code: PipelineError['code'], message: string] | undefined {
  if (status === 'dead') {
    return ['RUN_DEAD', `Run "${id}" ended its process ${crashes} times. Find out why, then revive it.`]
  }
  if (status === 'running' && anew) {
    const remedy = 'Wait for it, or cancel it'
    return ['RUN_TAKEN', `Run "${id}" cannot begin anew while it is being executed by ${owner}. ${remedy}.`]
  }
  if (status === 'running' && command !== 'pause') {
    return ['RUN_TAKEN', `Run "${id}" is being executed by ${owner}. Wait for it, or ask for its result later.`]
  }
  if (status === 'running' || status === 'waiting' || status === 'blocked') {
    return ['RUN_PAUSED', `Run "${id}" is paused. Resume it first.`]
  }
  return undefined
}

/** Who asks for a run. */
interface Asking {
  readonly settings: DurableSettings
  readonly run: RunContext
  readonly clock: Clock
}

/**
 * Asks the store until it answers; for as long as a lease, or, when it cannot be reached, until the run is told to stop.
 *
 * @param late gets an answer that nobody waits for any more
 */
async function answerOf<T>(
  { settings: { store, leaseMs }, run: { runId, pipeline, signal }, clock }: Asking,
  ask: () => Promise<T>,
  late?: (answer: T) => void,
): Promise<T> {
  const over = new AbortController()
  let isAsking = false
  let last: unknown
  const asked = async () => {
    isAsking = true
    try {
      const answer = await ask()
      if (over.signal.aborted) late?.(answer)
      return answer
    } finally {
      isAsking = false
    }
  }
  const failed = (error: unknown) => {
    last = error
    if (signal.aborted) throw error
  }
  const stop = () => {
    // An answer says more than any error: a run that was taken can be told to stop.
    if (!isAsking) over.abort(last)
  }
  const giveUp = () => {
    const message = `The ${store.name} store did not answer whether run "${runId}" can be had.`
    over.abort(last ?? new PipelineError('STORE_UNAVAILABLE', message, { pipeline }))
  }
  const timer = clock.setTimeout(giveUp, leaseMs)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await insist(asked, { clock, signal: over.signal, failed })
  } finally {
    clock.clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
