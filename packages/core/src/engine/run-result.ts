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
  /** When it began, epoch ms; when times are not taken, the same as its end. */
  readonly startedAt: number
  readonly finishedAt: number
  readonly durationMs: number
}

/** The ending of a run that ends now. */
export function endingOf(run: RunState, error: PipelineError | null, output: unknown): Ending {
  const { timed, startedAt, startedMono, host } = run
  const durationMs = timed ? run.turn() - startedMono : 0
  const began = timed ? startedAt : host.clock.now()
  return { error, output, startedAt: Math.round(began), finishedAt: Math.round(began + durationMs), durationMs }
}

/**
 * The result of a run that has ended.
 *
 * @param graph `null` when no step was started: the run could not begin, or a middleware answered in its place
 */
export function makeResult(run: RunState, ending: Ending, graph: Reporter | null): RunResult {
  const { id, owner, options, undos, reports } = run
  const { error, output, startedAt, finishedAt, durationMs } = ending
  const steps: Results = {}
  if (graph === null) {
    const unstarted = error === null ? 'restored' : 'cancelled'
    for (const node of owner.graph.nodes) steps[node.id] = { status: unstarted, reason: 'not-started', attempts: 0 }
  } else graph.report(steps)
  const rest = { steps, startedAt, finishedAt, durationMs }
  const result: RunResult =
    error === null
      ? { runId: id, pipeline: owner.name, status: 'succeeded', output, ...rest }
      : { runId: id, pipeline: owner.name, status: statusOf(error), error: serializeError(error), ...rest }
  if (owner.version === undefined && options.tags === undefined && undos === null && reports === null) return result
  return {
    ...result,
    ...(owner.version !== undefined && { version: owner.version }),
    ...(options.tags !== undefined && { tags: options.tags }),
    ...(undos !== null && { undo: undos }),
    ...(reports !== null && { reports }),
  }
}
