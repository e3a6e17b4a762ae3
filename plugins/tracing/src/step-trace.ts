import { type Attributes, context, type Context, type Span, type SpanOptions, trace } from '@opentelemetry/api'
import { isSkip, type StepInfo, type StepStatus } from '@pipe/core'
import type { Operation, Where } from './attributes.ts'
import { errorTypeOf } from './exception.ts'
import type { Settings } from './options.ts'
import { type Exceptions, markFailed, statusOf } from './outcome.ts'
import type { Place } from './place.ts'
import { settleWith } from './settle.ts'

/** How a step ended, as the engine says. */
export interface StepOutcome {
  readonly status?: StepStatus
  readonly error?: unknown
  readonly reason?: string | undefined
}

/** What a step needs of its run. */
export interface StepOwner {
  readonly exceptions: Exceptions
  /** Starts a span; `null` when the tracer throws, or has thrown. `more` is added to it. */
  start(operation: Operation, info: StepInfo, where: Where, around: Context, more?: SpanOptions): Span | null
  /** Does something with the tracer, which must not change the run when it throws. */
  safely<T>(act: () => T): T | undefined
  /** The step has ended. */
  forget(step: StepTrace): void
}

/** One step, map, call, loop or item while it runs: its span, and those of its attempts. */
export class StepTrace implements Place {
  readonly info: StepInfo
  readonly where: Where
  readonly hidden: boolean
  context: Context
  nearest: Span
  readonly #run: StepOwner
  readonly #settings: Settings
  readonly #outer: Place
  /** When it began, epoch ms, if it may get a span after all: an item that is one too many. */
  readonly #began: number | null
  readonly #span: Span | null
  /** The context of the step, without that of an attempt. */
  readonly #own: Context
  #attempt: Span | null = null
  #attempts = 0
  #rejected: { readonly error: unknown; readonly at: number } | null = null
  #ended = false
  /** What a map knows of its items: how many began, how many failed, and how many of those got a span for that. */
  #items = 0
  #failedItems = 0
  #lateSpans = 0

  constructor(run: StepOwner, info: StepInfo, settings: Settings, where: Where, outer: Place) {
    this.#run = run
    this.info = info
    this.where = where
    this.#settings = settings
    this.#outer = outer
    const hidden = outer.hidden || settings === null
    const tooMany = outer instanceof StepTrace && outer.#isTooMany(where)
    this.#began = !hidden && tooMany && info.kind === 'item' ? Date.now() : null
    this.#span = hidden || tooMany ? null : run.start(info.kind, info, where, outer.context)
    this.hidden = this.#span === null
    this.nearest = this.#span ?? outer.nearest
    this.context = this.#own = this.#span === null ? outer.context : trace.setSpan(outer.context, this.#span)
  }

  /** Runs the step with all its attempts. */
  runs(next: () => unknown): unknown {
    return settleWith(
      () => context.with(this.#own, next),
      (output) => this.#answered(output),
      (error) => {
        // Whether it failed or was cancelled the engine knows, and says soon.
        this.#rejected = { error, at: Date.now() }
      },
    )
  }

  /** Runs an attempt. `isAborted` says whether its signal is. */
  attempts(number: number, isAborted: () => boolean, next: () => unknown): unknown {
    this.#endAttempt()
    const mine = ++this.#attempts
    const mode = this.#settings?.attempts
    if (this.#span !== null && (mode === 'all' || (mode === 'repeated' && mine > 1))) {
      this.#attempt = this.#run.start('attempt', this.info, this.where, this.#own, {
        attributes: { 'pipe.attempt.number': number },
      })
      if (this.#attempt !== null) {
        this.nearest = this.#attempt
        this.context = trace.setSpan(this.#own, this.#attempt)
      }
    }
    const failed = (error: unknown) => {
      // Whether what follows an abort is an error the engine knows.
      if (mine === this.#attempts && !this.#ended && !isAborted()) this.#run.safely(() => this.#record(error))
    }
    // The first one is made where the step began: a middleware in between may have made something else active.
    const isHere = mine === 1 && this.#attempt === null
    return settleWith(() => (isHere ? next() : context.with(this.context, next)), undefined, failed)
  }

  /** An attempt failed, and another one follows. */
  retries(attempt: number, error: unknown, delayMs: number): void {
    if (this.#span === null) return
    this.#record(error)
    if (this.#attempt !== null) markFailed(this.#attempt, error)
    this.#endAttempt()
    this.#span.addEvent('pipe.retry', {
      'pipe.attempt.number': attempt,
      'pipe.retry.delay_ms': delayMs,
      'error.type': errorTypeOf(error),
    })
  }

  /** Ends it, once. Without an outcome when nobody told of one: a middleware around it answered in its place. */
  end(outcome?: StepOutcome): void {
    if (this.#ended) return
    this.#ended = true
    this.#run.forget(this)
    const { status, error, reason } = outcome ?? this.#guess()
    const failed = status === 'failed'
    if (failed && this.#outer instanceof StepTrace) this.#outer.#failedItems++
    const span = this.#span ?? (failed ? this.#lateSpan() : null)
    if (span === null) return
    if (failed) {
      this.#run.exceptions.record(this.#attempt ?? span, error)
      if (this.#attempt !== null) markFailed(this.#attempt, error)
      markFailed(span, error)
    }
    const at = outcome === undefined ? this.#rejected?.at : undefined
    this.#endAttempt(at)
    span.setAttributes(this.#attributes(status, reason))
    span.end(at)
  }

  #answered(output: unknown): void {
    this.#run.safely(() => {
      if (isSkip(output)) this.end({ status: 'skipped', reason: output.reason })
      else this.end({ status: this.#attempts === 0 ? 'restored' : 'succeeded' })
    })
  }

  #guess(): StepOutcome {
    if (this.#rejected === null) return {}
    const { error } = this.#rejected
    return { status: statusOf(error), error }
  }

  #record(error: unknown): void {
    if (this.#span !== null) this.#run.exceptions.record(this.#attempt ?? this.#span, error)
  }

  #endAttempt(at?: number): void {
    if (this.#attempt === null) return
    this.#attempt.end(at)
    this.#attempt = null
    this.nearest = this.#span ?? this.nearest
    this.context = this.#own
  }

  /** Whether what begins inside is one item too many, or belongs to an iteration that is. */
  #isTooMany({ stepId }: Where): boolean {
    const { kind } = this.info
    if (kind !== 'map' && kind !== 'loop') return false
    // `loop[3]/step`: the iteration is between the brackets.
    const index = kind === 'map' ? this.#items++ : Number.parseInt(stepId.slice(this.where.stepId.length + 1), 10)
    return index >= (this.#settings?.items ?? 0)
  }

  /** A span after all, for an item that has failed. */
  #lateSpan(): Span | null {
    const map = this.#outer
    if (this.#began === null || !(map instanceof StepTrace)) return null
    if (map.#lateSpans >= (this.#settings?.items ?? 0)) return null
    map.#lateSpans++
    return this.#run.start('item', this.info, this.where, map.context, { startTime: this.#began })
  }

  #attributes(status: StepStatus | undefined, reason: string | undefined): Attributes {
    const attributes: Attributes = {}
    if (status !== undefined) attributes['pipe.step.status'] = status
    if (reason !== undefined) attributes['pipe.step.reason'] = reason
    if (this.#attempts > 1) attributes['pipe.step.attempts'] = this.#attempts
    if (this.info.kind === 'map') {
      attributes['pipe.map.item_count'] = this.#items
      attributes['pipe.map.failed_count'] = this.#failedItems
    }
    return attributes
  }
}
