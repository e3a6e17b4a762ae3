import type { AnyPipeline } from '@pipe/core'
import type { ResumedSteps } from './report.ts'
import { planPathOf, signaturesOf } from './signatures.ts'

/** Collects {@link ResumedSteps}. */
export class Resumption {
  readonly #ran = new Set<string>()
  /** Paths in the plan of what has a record that is of no use. */
  #useless: ReadonlySet<string> = new Set()
  #gone: readonly string[] = []
  #added: readonly string[] | undefined

  /** The function of the step at `path` in the run is executed. */
  ran(path: string): void {
    this.#ran.add(planPathOf(path))
  }

  /** Records of steps at these paths in the plan are of no use. */
  useless(paths: Iterable<string>): void {
    this.#useless = new Set(paths)
  }

  /** The pipeline does not have these steps any more. */
  gone(paths: Iterable<string>): void {
    this.#gone = [...new Set(paths)].sort()
  }

  /** @param before paths in the plan that there were, if that is known */
  compare(definition: AnyPipeline, before: readonly string[] | undefined): void {
    if (before === undefined) return
    const known = new Set(before)
    const added = new Set([...signaturesOf(definition).keys()].filter((path) => !known.has(path)))
    const outerOf = (path: string) => path.slice(0, path.lastIndexOf('/'))
    this.#added = [...added].filter((path) => !added.has(outerOf(path)))
  }

  get steps(): ResumedSteps {
    return {
      ran: [...this.#ran],
      again: [...this.#ran].filter((path) => this.#useless.has(path)),
      gone: this.#gone,
      ...(this.#added !== undefined && { added: this.#added }),
    }
  }
}
