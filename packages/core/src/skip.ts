const SKIP = Symbol.for('@pipe/core.skip')

/** The outcome of a step that is not to run. Made by {@link skip}. */
export class Skip {
  /** What copies of this package know each other's by. */
  readonly [SKIP] = true
  /** Why, in a few words. */
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

/** For step middleware: answers that the step is skipped, with a reason. Its output is `undefined`, its dependants run. */
export function skip(reason: string): Skip {
  return new Skip(reason)
}

/** Whether what `next` of a step middleware resolved with is a {@link Skip}, not an output. */
export function isSkip(value: unknown): value is Skip {
  return value instanceof Skip || (typeof value === 'object' && value !== null && SKIP in value)
}
