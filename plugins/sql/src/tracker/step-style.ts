import type { StepEnd, StepInfo } from '@pipe/core'
import { definitionPath } from './path.ts'

/** What is kept of a step. */
export interface StepStyle {
  /** Whether anything is. */
  readonly tracked: boolean
  /** What it reads, or gets as an item: always, never, or when it fails. */
  readonly input: boolean | 'failed'
  readonly output: boolean
}

/** The styles of steps that are not as all others, as their definitions have them: for steps that did not run. */
export class StepStyles {
  readonly #own = new Map<string, StepStyle>()

  add({ pipeline, id, kind }: StepInfo, style: StepStyle): void {
    this.#own.set(keyOf(pipeline, id, kind === 'item'), style)
  }

  /** That of a step that has ended; `undefined` when it is as all others. */
  of({ pipeline, stepId }: StepEnd, isItem: boolean): StepStyle | undefined {
    if (this.#own.size === 0) return undefined
    const path = definitionPath(stepId)
    return this.#own.get(keyOf(pipeline, path.slice(path.lastIndexOf('/') + 1), isItem))
  }
}

const keyOf = (pipeline: string, id: string, isItem: boolean) => `${pipeline}\0${id}\0${isItem}`
