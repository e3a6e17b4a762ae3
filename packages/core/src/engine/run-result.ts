import { serializeError } from '../error-data.ts'
import type { PipelineError } from '../errors.ts'
import type { RunResult, RunStatus } from '../result.ts'
import type { Reporter, Results } from './records.ts'
import type { RunState } from './run-state.ts'

/** How a run ended. */
interface Ending {
  readonly status: RunStatus
  readonly error: PipelineError | null
  readonly output: unknown
  /** `null` when no step was started: the run could not begin, or a middleware answered in its place. */
  readonly graph: Reporter | null
  readonly finishedAt: number
  readonly finishedMono: number
}

/** The result of a run that has ended. */
export function makeResult(run: RunState, ending: Ending): RunResult {
  const { id, owner, options, startedAt, startedMono, timed } = run
  const { status, error, output, graph, finishedAt, finishedMono } = ending
  const steps: Results = {}
  if (graph === null) {
    const unstarted = error === null ? 'restored' : 'cancelled'
    for (const node of owner.graph.nodes) steps[node.id] = { status: unstarted, reason: 'not-started', attempts: 0 }
  } else graph.report(steps)
  return {
    runId: id,
    pipeline: owner.name,
    ...(owner.version !== undefined && { version: owner.version }),
    status,
    ...(error === null ? { output } : { error: serializeError(error) }),
    steps,
    startedAt: Math.round(startedAt),
    finishedAt: Math.round(finishedAt),
    durationMs: timed ? finishedMono - startedMono : finishedAt - startedAt,
    ...(options.tags !== undefined && { tags: options.tags }),
  }
}
