import { context, type Context, type Span, type SpanOptions, trace, type Tracer } from '@opentelemetry/api'
import type { MiddlewareContext, RunStatus, StepInfo } from '@pipe/core'
import { type Operation, stepAttributes, type Where } from './attributes.ts'
import { exceptionOf } from './exception.ts'
import type { Settings } from './options.ts'
import { Exceptions, markFailed } from './outcome.ts'
import type { Place } from './place.ts'
import { type StepOwner, StepTrace } from './step-trace.ts'
import { settleWith } from './settle.ts'

/** How a run ended. */
export interface RunOutcome {
  readonly status: RunStatus
  readonly error?: unknown
}

/** One run while it runs: its span, and what is open inside. */
export class RunTrace implements Place, StepOwner {
  readonly context: Context
  readonly nearest: Span
  readonly hidden = false
  readonly exceptions = new Exceptions()
  readonly #tracer: Tracer
  readonly #report: (error: unknown) => void
  /** What is open, by path; and what is open while another one with its path has begun. */
  readonly #steps = new Map<string, StepTrace>()
  readonly #doubles = new Set<StepTrace>()
  /** How many undos of a step had spans. */
  readonly #undone = new Map<StepInfo, number>()
  #broken = false

  /** @param report told, once, when the tracer throws: that must not change the run */
  constructor(tracer: Tracer, span: Span, around: Context, report: (error: unknown) => void) {
    this.#tracer = tracer
    this.nearest = span
    this.context = trace.setSpan(around, span)
    this.#report = report
  }

  start(operation: Operation, info: StepInfo, where: Where, around: Context, more?: SpanOptions): Span | null {
    if (this.#broken) return null
    const attributes = stepAttributes(operation, info, where)
    const options = more === undefined ? { attributes } : { ...more, attributes: { ...attributes, ...more.attributes } }
    return this.safely(() => this.#tracer.startSpan(`${operation} ${info.id}`, options, around)) ?? null
  }

  safely<T>(act: () => T): T | undefined {
    try {
      return act()
    } catch (error) {
      if (!this.#broken) this.#report(error)
      this.#broken = true
      return undefined
    }
  }

  /** A step begins. */
  begin(info: StepInfo, settings: Settings, { runId, stepId, key }: MiddlewareContext): StepTrace {
    const step = new StepTrace(this, info, settings, { runId, stepId, key }, this.#around(stepId))
    const double = this.#steps.get(stepId)
    if (double !== undefined) this.#doubles.add(double)
    this.#steps.set(stepId, step)
    return step
  }

  /** The step with that path, while it runs. */
  find(path: string): StepTrace | undefined {
    return this.#steps.get(path)
  }

  forget(step: StepTrace): void {
    const { stepId } = step.where
    if (this.#steps.get(stepId) === step) this.#steps.delete(stepId)
    else this.#doubles.delete(step)
  }

  /** Runs the undo of a step. */
  undoes(info: StepInfo, settings: Settings, { runId, stepId, key }: MiddlewareContext, next: () => unknown): unknown {
    const { hidden, context: around, nearest } = this.#around(stepId)
    const wanted = !hidden && settings !== null && this.#mayUndo(info, settings.items)
    const span = wanted ? this.start('undo', info, { runId, stepId, key }, around) : null
    const ended = (failure?: { readonly error: unknown }) => {
      this.safely(() => {
        if (failure !== undefined) this.exceptions.record(span ?? nearest, failure.error)
        if (failure !== undefined && span !== null) markFailed(span, failure.error)
        span?.end()
      })
    }
    return settleWith(
      () => context.with(span === null ? around : trace.setSpan(around, span), next),
      () => ended(),
      (error) => ended({ error }),
    )
  }

  /** Ends the run, and what is still open inside; without an outcome when nobody told of one. */
  end(outcome?: RunOutcome): void {
    this.safely(() => {
      for (const step of [...this.#steps.values(), ...this.#doubles]) step.end()
    })
    this.safely(() => {
      const span = this.nearest
      if (outcome !== undefined) span.setAttribute('pipe.run.status', outcome.status)
      if (outcome?.status === 'failed') {
        span.recordException(exceptionOf(outcome.error))
        markFailed(span, outcome.error)
      }
      span.end()
    })
  }

  /** What a step is inside of: the innermost that is open, by its path. */
  #around(stepId: string): Place {
    for (let path = outside(stepId); path !== ''; path = outside(path)) {
      const step = this.#steps.get(path)
      if (step !== undefined) return step
    }
    return this
  }

  /** Whether the undo of a step gets a span: of one that ran many times, so many do as items of a map. */
  #mayUndo(info: StepInfo, items: number): boolean {
    const undone = this.#undone.get(info) ?? 0
    this.#undone.set(info, undone + 1)
    return undone < (info.kind === 'item' ? items : Math.max(1, items))
  }
}

/** The path without its last part: `orders[42]` of `orders[42]/bill`, `orders` of that, and nothing of that. */
function outside(path: string): string {
  // A key may hold both characters: what is cut off there is no path of anything.
  return path.slice(0, Math.max(0, path.lastIndexOf('/'), path.lastIndexOf('[')))
}
