import { PipelineError } from '../errors.ts'
import type { RunContext } from '../run-context.ts'
import type { AnyPipeline } from '../pipeline.ts'
import type { RunState } from './run-state.ts'
import type { Undoable } from './task.ts'

/** Takes the outcome of a run. */
export type Resolve = (output: unknown) => void
export type Reject = (error: PipelineError) => void

/** What run middleware has to do with the graph inside it. */
export interface Around {
  /** Takes the outcome of the graph. */
  readonly resolve: Resolve
  readonly reject: Reject
  /** What comes after the graph, when the middleware did not wait for it. */
  then: (() => void) | null
  /** What the graph did and can take back, once it has succeeded. */
  undo: Undoable[] | null
}

/** A run as its middleware has to do with it. */
interface Controlled extends RunState {
  readonly status: string
  readonly signal: AbortSignal
  readonly given: unknown
  cancel(reason: unknown): void
  takeBackGraph(error: unknown): Promise<void>
}

/** Runs the run middleware of the plugins, outermost first, and `graph`, once, inside them. */
export function throughRun(run: Controlled, input: unknown, graph: () => Promise<unknown>): Promise<unknown> {
  const { owner, options, host } = run
  const over = () => run.status !== 'running'
  const context: RunContext = {
    runId: run.id,
    pipeline: owner.name,
    version: owner.version,
    // It was made by `pipeline`: an owner of a graph is one without its types.
    definition: owner as AnyPipeline,
    options,
    input,
    given: run.given,
    get signal() {
      return run.signal
    },
    get ending() {
      return run.ending ?? undefined
    },
    get interrupted() {
      return run.interrupted ?? undefined
    },
    get reports() {
      return run.reports ?? undefined
    },
    context: options.context ?? {},
    tags: options.tags ?? {},
    undo: (error) => run.takeBackGraph(error),
    cancel: (reason) => run.cancel(reason),
    pause: () => {
      if (!over()) run.pause()
    },
    resume: () => {
      if (!over()) run.resume()
    },
    resumable: () => (run.resumable = true),
    isolate: (test) => (run.isolates = test),
    report: (name, data) => {
      if (!over()) (run.reports ??= {})[name] = data
    },
  }
  run.context = context
  let ran: Promise<unknown> | undefined
  const dispatch = async (depth: number): Promise<unknown> => {
    if (over()) {
      const message = `A run middleware called \`next\` after the run of pipeline "${owner.name}" had ended.`
      throw new PipelineError('NEXT_AFTER_SETTLE', message, { pipeline: owner.name })
    }
    const layer = host.runLayers[depth]
    if (layer === undefined) return await (ran ??= graph())
    return await layer(context, () => {
      const inner = dispatch(depth + 1)
      inner.catch(() => undefined) // a middleware that answers early need not wait for it
      return inner
    })
  }
  return dispatch(0)
}
