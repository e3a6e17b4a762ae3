import { hostname } from 'node:os'
import { PipelineError, type RunContext, uuidv7 } from '@pipe/core'
import { isForkOf, originOf } from './fork.ts'
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
}

/**
 * Takes a run for this execution of it.
 *
 * @throws PipelineError `RUN_TAKEN`, `RUN_PAUSED`, `RUN_DEAD`, `RUN_CONFLICT`, `RUN_UNKNOWN`, `VALUE_UNSTORABLE`, and what the
 * store throws
 */
export async function acquire(settings: DurableSettings, run: RunContext): Promise<Taken> {
  const { store, codec, leaseMs, maxCrashes } = settings
  const { runId: id, pipeline, version, tags, given: input, options } = run
  const { force: anew = false, fork } = options
  const begin = { version, tags, options: recordedOptionsOf(options), input, fork: undefined }
  const bare = writeRunData(codec, begin, pipeline)
  const forks = fork !== undefined && (anew || (await store.get(id)) === undefined)
  const origin = forks ? await originOf(store, fork, id, run.definition, inputTextOf(bare)) : undefined
  const data = forks ? writeRunData(codec, { ...begin, fork: origin }, pipeline) : bare
  const owner = `${hostname()}:${process.pid}:${uuidv7()}`.slice(-200)
  const acquired = await store.acquire({ id, pipeline, data }, { owner, leaseMs, maxCrashes, anew })
  const { fence, created, run: stored } = acquired
  const refuse = (code: PipelineError['code'], message: string) => new PipelineError(code, message, { pipeline })
  const other =
    stored.pipeline !== pipeline
      ? `of pipeline "${stored.pipeline}"`
      : inputTextOf(stored.data) !== inputTextOf(data)
        ? 'with another input'
        : fork !== undefined && !isForkOf(headOf(stored.data).fork, fork)
          ? `that is not this fork of "${fork.run}"`
          : undefined
  if (other !== undefined) {
    if (fence !== null) await store.release(id, fence, 'waiting')
    throw refuse('RUN_CONFLICT', `There is a run "${id}" ${other} already. Give this one another id, or force it.`)
  }
  if (fence !== null) return { stored, fence, resumed: !created }
  const { status, command, owner: holder, crashes } = stored
  if (status === 'dead') {
    throw refuse('RUN_DEAD', `Run "${id}" ended its process ${crashes} times. Find out why, then revive it.`)
  }
  if (status === 'running' && command !== 'pause') {
    throw refuse('RUN_TAKEN', `Run "${id}" is being executed by ${holder}. Wait for it, or ask for its result later.`)
  }
  if (status === 'running' || status === 'waiting' || status === 'blocked') {
    throw refuse('RUN_PAUSED', `Run "${id}" is paused. Resume it first.`)
  }
  return { stored, fence: null, resumed: true }
}
