import type { Logger, StepContext } from '@pipe/core'

const nothing = () => undefined
const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/**
 * A context to call the `run` of a standalone step with, without a pipe. Every field has a plain value: the first
 * attempt of step `step` of pipeline `test`, a signal that never aborts, the beginning of 2026, a random number of 0.5, no
 * services. `fields` replaces any of them; fields that plugins add are there only when given.
 */
export function stepContext<U = object>(fields: Partial<StepContext<NoInfer<U>>> = {}): StepContext<U> {
  const { runId = 'run', stepId = 'step' } = fields
  const plain: StepContext = {
    runId,
    pipeline: 'test',
    stepId,
    key: undefined,
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
  return { ...plain, ...fields } as StepContext<U>
}
