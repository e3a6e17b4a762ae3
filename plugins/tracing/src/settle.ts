/** Calls `act`, tells one of the two what became of it, now or later, and passes on what it answers or throws. */
export function settleWith(
  act: () => unknown,
  onOutput: ((output: unknown) => void) | undefined,
  onError: (error: unknown) => void,
): unknown {
  let returned: unknown
  try {
    returned = act()
  } catch (error) {
    onError(error)
    throw error
  }
  if (!isThenable(returned)) {
    onOutput?.(returned)
    return returned
  }
  // A query builder runs its query each time that `then` is called: from here on there is a promise in its place.
  const promise = Promise.resolve(returned)
  promise.then(onOutput, onError)
  return promise
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function'
}
