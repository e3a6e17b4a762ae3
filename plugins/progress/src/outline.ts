import type { StepInfo } from '@pipe/core'

/** What is known of a step before it runs. */
export type Outlined = Pick<StepInfo, 'id' | 'kind' | 'optional'>

/** The steps of pipelines, learnt as a pipe compiles them, in the order in which they were declared. */
export class Outline {
  readonly #pipelines = new Map<string, Map<string, Outlined>>()
  /** Names of pipelines that were run: all their steps are known. */
  readonly #complete = new Set<string>()
  /** Names that more than one pipeline has. */
  readonly #ambiguous = new Set<string>()

  learn({ pipeline, id, kind, optional }: StepInfo): void {
    if (kind === 'item') return
    const steps = this.#pipelines.get(pipeline) ?? new Map<string, Outlined>()
    this.#pipelines.set(pipeline, steps)
    if (steps.has(id) || this.#complete.has(pipeline)) this.#ambiguous.add(pipeline)
    steps.set(id, { id, kind, optional })
  }

  /** The steps to expect of a pipeline that runs: none when the name does not tell which pipeline it is. */
  stepsOf(pipeline: string): Iterable<Outlined> {
    this.#complete.add(pipeline)
    return this.#ambiguous.has(pipeline) ? [] : (this.#pipelines.get(pipeline)?.values() ?? [])
  }

  find(pipeline: string, id: string): Outlined | undefined {
    return this.#pipelines.get(pipeline)?.get(id)
  }
}
