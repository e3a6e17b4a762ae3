/** Takes the outcome of something, in place of a promise. */
export interface Completion {
  readonly resolve: (output: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Whether `value` is a promise or something like it. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
  )
}

/** A promise as it is; anything else wrapped, for a foreign thenable may call back twice, or at once. */
export function toPromise(value: PromiseLike<unknown>): PromiseLike<unknown> {
  return value.then === Promise.prototype.then ? value : Promise.resolve(value)
}

/** Calls `work`, and then one of the two with what came of it: at once, unless `work` returned a promise. */
export function settleWith(
  work: () => unknown,
  onOutput: (output: unknown) => void,
  onError: (error: unknown) => void,
): void {
  let output: unknown
  try {
    output = work()
    if (isThenable(output)) {
      toPromise(output).then(onOutput, onError)
      return
    }
  } catch (error) {
    return onError(error)
  }
  onOutput(output)
}
