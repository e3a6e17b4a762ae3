import { messageOf } from './errors.ts'

const ISOLATED = Symbol.for('@pipe/core.isolated')

/** A failure that stops only what depends on the step. Made by {@link isolated}. */
export class Isolated extends Error {
  override readonly name = 'Isolated'
  /** What copies of this package know each other's by. */
  readonly [ISOLATED] = true
  /** What the step fails with. */
  readonly error: unknown
  constructor(error: unknown) {
    super(messageOf(error), { cause: error })
    this.error = error
  }
}

/**
 * For step middleware: what it throws when a step is not to be decided here. The step fails with `error`, and what depends
 * on it is skipped; everything else goes on, whatever the run says of failures. No policy is asked, and `optional` does
 * not absorb it. So a run that is only to be undone can meet all that was completed before.
 */
export function isolated(error: unknown): Isolated {
  return isIsolated(error) ? error : new Isolated(error)
}

/** Whether what `next` of a step middleware rejected with leaves the step undecided: it is not to be recorded as a failure. */
export function isIsolated(error: unknown): error is Isolated {
  try {
    return error instanceof Error && ISOLATED in error
  } catch {
    return false // a proxy that was revoked
  }
}
