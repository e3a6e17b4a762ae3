import type { AttemptContext, Logger, StepContext } from '@pipe/core'

const nothing = () => undefined
const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/**
 * What {@link stepContext} takes: any field of a context, those of plugins too, and what middleware has besides: `needs`
 * (the function of a map has it too), `item`, `abort`, `defer`.
 */
export type StepContextFields<U> = Partial<StepContext<U>> & Partial<Omit<AttemptContext, keyof StepContext>>

/** Names that no field has. */
type Unknown<F> = Readonly<Record<Exclude<keyof F, keyof StepContextFields<object>>, never>>

/**
 * A context to call the `run` of a standalone step with, or a middleware, without a pipe. Every field has a plain value:
 * the first attempt of step `step` of pipeline `test`, a signal that never aborts, the beginning of 2026, a random number
 * of 0.5, no services. `fields` replaces any of them; the others are there only when given. With
 * a `key` it is the context of an item of a map, `step[key]`.
 *
 * `U` are the services of the step (`uses`), known from where the context goes; `F` is what was given, and the context has
 * it with just that type.
 */
export function stepContext<U = object, F extends StepContextFields<U> = {}>(
  fields?: F & StepContextFields<NoInfer<U>> & Unknown<F>,
): StepContext<U> & NoInfer<F> {
  const given: StepContextFields<U> = fields ?? {}
  const { runId = 'run', key } = given
  const { stepId = key === undefined ? 'step' : `step[${key}]` } = given
  const plain: StepContext = {
    runId,
    pipeline: 'test',
    stepId,
    key,
    attempt: 1,
    signal: new AbortController().signal,
    use: {},
    idempotencyKey: `${runId}:${stepId}`,
    context: {},
    progress: nothing,
    log: silent,
    now: () => Date.UTC(2026, 0, 1),
    random: () => 0.5,
  }
  return { ...plain, ...given } as StepContext<U> & F
}
