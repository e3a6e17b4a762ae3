import { type ErrorData, messageOf } from '@pipe/core'
import { type Codec, decode } from './codec.ts'
import { headOf, inputTextOf, readError } from './stored-run.ts'
import { stateOf } from './run-state.ts'
import type { RunState, StoredRun } from './store.ts'

/** A run, as applications see it. Times are epoch ms of the clock of the store. */
export interface RunInfo {
  readonly id: string
  readonly pipeline: string
  /** Version of the definition that it was created with, when that had one. */
  readonly version?: string
  readonly tags: Readonly<Record<string, string>>
  readonly state: RunState
  /** Where it began, when it is a fork: the other run, and what was to run again. */
  readonly fork?: { readonly run: string; readonly from: readonly string[] }
  /** Whether somebody has it now: also a run that is paused or about to be cancelled. */
  readonly held: boolean
  /** What it was given. */
  readonly input: unknown
  /** Once it has succeeded. */
  readonly output?: unknown
  /** Why its input or its output cannot be shown, and is absent: another codec wrote it, or nobody who uses `durable()`. */
  readonly unreadable?: string
  /** What it failed with, was cancelled with, or is blocked by. */
  readonly error?: ErrorData
  /** Why it was asked to pause or to cancel. */
  readonly reason?: string
  /** Who has it, or had it last: host, process, and which execution. */
  readonly owner?: string
  /** How many executions there were of it that died. */
  readonly crashes: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly endedAt?: number
}

/** What can be read, or why it cannot. */
export function readable<T>(read: () => T): { readonly value?: T; readonly unreadable?: string } {
  try {
    return { value: read() }
  } catch (error) {
    return { unreadable: messageOf(error) }
  }
}

/** A run as an application sees it at `now`, epoch ms of the store. Never throws: what cannot be read is absent. */
export function infoOf(codec: Codec, run: StoredRun, now: number): RunInfo {
  const { id, pipeline, data, outcome, reason, owner, crashes, createdAt, updatedAt, endedAt } = run
  const head = readable(() => headOf(data))
  const { version, tags = {}, fork } = head.value ?? {}
  const input = readable(() => decode(codec, inputTextOf(data)))
  const output = run.status === 'succeeded' ? readable(() => decode(codec, outcome ?? '')) : undefined
  const error = readable(() => readError(run))
  const unreadable = [head, input, output, error].find((part) => part?.unreadable !== undefined)?.unreadable
  return {
    id,
    pipeline,
    ...(version !== undefined && { version }),
    tags,
    state: stateOf(run, now),
    held: run.status === 'running' && run.leaseUntil > now,
    ...(fork !== undefined && { fork: { run: fork.run, from: fork.from } }),
    input: input.value,
    ...(output !== undefined && 'value' in output && { output: output.value }),
    ...(unreadable !== undefined && { unreadable }),
    ...(error.value !== undefined && { error: error.value }),
    ...(reason !== undefined && { reason }),
    ...(owner !== undefined && { owner }),
    crashes,
    createdAt,
    updatedAt,
    ...(endedAt !== undefined && { endedAt }),
  }
}
