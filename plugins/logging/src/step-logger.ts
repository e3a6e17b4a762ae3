import { type Logger, type LogMethod, messageOf, type MiddlewareContext } from '@pipe/core'
import { exceptionFields, isError } from './exception.ts'
import { type Fields, names, stepNameOf } from './fields.ts'
import { type Journal, shownPath } from './journal.ts'
import type { Sink } from './sink.ts'

/** The levels that steps write with. */
type StepLevel = keyof Logger

/** The `log` of a context: a child of the user's logger, made when its first line is written. Never throws. */
export class StepLogger implements Logger {
  readonly #journal: Journal
  readonly #ctx: MiddlewareContext
  #sink: Sink | null = null

  constructor(journal: Journal, ctx: MiddlewareContext) {
    this.#journal = journal
    this.#ctx = ctx
  }

  // Functions that may be taken out of the logger: `const { info } = ctx.log`.

  get debug(): LogMethod {
    return this.#method('debug')
  }

  get info(): LogMethod {
    return this.#method('info')
  }

  get warn(): LogMethod {
    return this.#method('warn')
  }

  get error(): LogMethod {
    return this.#method('error')
  }

  #method(level: StepLevel): LogMethod {
    return (fields: unknown, message) => {
      if (this.#journal.sink.enabled(level)) this.#write(level, fields, message)
    }
  }

  /** Tolerates what pino does: an error, or a message, in the place of fields. */
  #write(level: StepLevel, given: unknown, message: string | undefined): void {
    const { snapshots } = this.#journal
    this.#sink ??= this.#child()
    if (typeof given === 'string' && message === undefined) return this.#sink.write(level, {}, snapshots.text(given))
    const fields = isError(given) ? exceptionFields(given, snapshots, new Set()) : asFields(snapshots.of(given))
    const text = message ?? (isError(given) ? messageOf(given) : undefined)
    this.#sink.write(level, fields, text === undefined ? undefined : snapshots.text(text))
  }

  #child(): Sink {
    const { runs, snapshots } = this.#journal
    const { runId, pipeline, stepId, key, attempt } = this.#ctx
    return runs.of(runId).sink.child({
      [names.pipeline]: pipeline,
      [names.step]: stepNameOf(stepId),
      [names.path]: shownPath(snapshots, stepId),
      [names.attempt]: attempt,
      ...(key !== undefined && { [names.key]: snapshots.text(key) }),
    })
  }
}

const asFields = (copy: unknown): Fields =>
  typeof copy === 'object' && copy !== null && !Array.isArray(copy) ? (copy as Fields) : { value: copy }
