/**
 * What became of the recording of a run. What is inside of `durable()` finds it in `RunContext.reports` from the beginning: whether the
 * run goes on, and its token; nothing is counted then.
 */
export interface DurableReport {
  /** Whether it went on where another execution had left it. */
  readonly resumed: boolean
  /** The token of its lease: of two executions of a run the later one has the greater. */
  readonly fence: number
  /** How many steps and items were answered for by what was recorded, and how many were recorded. */
  readonly restored: number
  readonly recorded: number
  /**
   * How many steps that were completed before did not appear, and so were not undone. When the run failed all the same it
   * is `waiting`, and whoever takes it next undoes them.
   */
  readonly missed: number
  /** What became of its steps, of a run that went on or began as a fork. Absent for one that began with nothing. */
  readonly steps?: ResumedSteps
}

/**
 * What became of the steps of a run that went on, or began as a fork. All are paths in the plan (`sent`, `bill/charge`), each
 * once, however many items and iterations it has.
 */
export interface ResumedSteps {
  /**
   * Functions that were executed here, since there was no record of them, or not of all of their items. Not those that are
   * never recorded.
   */
  readonly ran: readonly string[]
  /** Those of `ran` that had been recorded, and the record could not be used: undone, changed, repeated by `fork`, or after such. */
  readonly again: readonly string[]
  /** Steps that were recorded, and that the pipeline does not have any more: the outermost of them. */
  readonly gone: readonly string[]
  /**
   * Steps that the pipeline has now, and had not when the run, or the one that it forks, was created: the outermost of them.
   * Absent when that is not known: the run is of an earlier version of this package, or its pipeline has thousands of steps.
   */
  readonly added?: readonly string[]
}
