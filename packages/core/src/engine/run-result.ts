import { serializeError } from '../error-data.ts'
import type { PipelineError } from '../errors.ts'
import type { RunResult } from '../result.ts'
import type { Reporter, Results } from './records.ts'
import { statusOf } from './run-errors.ts'
import type { RunState } from './run-state.ts'

/** How and when a run ended. */
export interface Ending {
  readonly error: PipelineError | null
  readonly output: unknown
  readonly finishedAt: number
  readonly durationMs: number
}

/** The ending of a run that ends now. */
export function endingOf(run: RunState, error: PipelineError | null, output: unknown): Ending {
  const { timed, startedAt, startedMono, host } = run
  const durationMs = timed ? run.turn() - startedMono : host.clock.now() - startedAt
  return { error, output, finishedAt: Math.round(startedAt + durationMs), durationMs }
}

/**
 * The result of a run that has ended.
 *
 * @param graph `null` when no step was started: the run could not begin, or a middleware answered in its place
 */
export function makeResult(run: RunState, ending: Ending, graph: Reporter | null): RunResult {
  const { id, owner, options, startedAt } = run
  const { error, output, finishedAt, durationMs } = ending
  const steps: Results = {}
  if (graph === null) {
    const unstarted = error === null ? 'restored' : 'cancelled'
    for (const node of owner.graph.nodes) steps[node.id] = { status: unstarted, reason: 'not-started', attempts: 0 }
  } else graph.report(steps)
  const base = {
    runId: id,
    pipeline: owner.name,
    ...(owner.version !== undefined && { version: owner.version }),
  }
  const rest = {
    steps,
    startedAt: Math.round(startedAt),
    finishedAt,
    durationMs,
    ...(options.tags !== undefined && { tags: options.tags }),
  }
  if (error === null) return { ...base, status: 'succeeded', output, ...rest }
  return { ...base, status: statusOf(error), error: serializeError(error), ...rest }
}
