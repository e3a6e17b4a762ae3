import type { AttemptRow, ExecutionRow, StepRow } from '../schema/tables.ts'

/** A row that is complete without the columns that have no value: they cost memory, text and time. */
export type Sparse<R> = { readonly [C in keyof R as null extends R[C] ? never : C]: R[C] } & {
  readonly [C in keyof R as null extends R[C] ? C : never]?: Exclude<R[C], null> | undefined
}

/** In which execution something happened, for rows that do not say so in the database. */
type Happened = Pick<ExecutionRow, 'execution'>

/** What is written. */
export interface Rows {
  /** A run begins, and does not go on, under an id that the user gave: what another run of the same id did is forgotten. */
  readonly anew: Pick<ExecutionRow, 'run_id' | 'execution' | 'fence' | 'resumed_at'>
  readonly pipeline_executions: Sparse<ExecutionRow>
  readonly step_executions: Sparse<StepRow>
  readonly step_attempts: Sparse<AttemptRow> & Happened
  /** The undo of a step whose row was written before. */
  readonly undo: Pick<Sparse<StepRow>, 'run_id' | 'path' | 'undo_status' | 'undo_error'> & Happened
}

export type Kind = keyof Rows

/** One of them. */
export type ChangeOf<K extends Kind> = { readonly [T in K]: { readonly kind: T; readonly row: Rows[T] } }[K]
export type Change = ChangeOf<Kind>

/** How much it matters, when there are too many: what a run or a failure is about, or anything else. */
export type Weight = 'needed' | 'detail'

/** What is the same in the states of one row, in one execution of a run: which of several counts only the database knows. */
export const keyOf = (
  kind: Kind,
  { execution, path = '', attempt = 0 }: Happened & { readonly path?: string; readonly attempt?: number },
): string => `${kind}\0${execution}\0${path}\0${attempt}`

/** The later state of a row, with what only the earlier one says. */
export function mergeOf(earlier: Change, later: Change): Change {
  if (earlier.kind === 'step_executions' && later.kind === 'step_executions') {
    const { started_at, wait_ms, input } = earlier.row
    const { row } = later
    return {
      kind: later.kind,
      row: {
        ...row,
        started_at: row.started_at ?? started_at,
        wait_ms: row.wait_ms ?? wait_ms,
        input: row.input ?? input,
      },
    }
  }
  return later
}

const lengthOf = (text: string | undefined) => text?.length ?? 0

/** How much text there is in columns that have no end of their own, in characters. */
export function charactersOf({ kind, row }: Change): number {
  switch (kind) {
    case 'anew':
      return 0
    case 'undo':
      return lengthOf(row.undo_error)
    case 'step_attempts':
      return lengthOf(row.error) + lengthOf(row.error_message)
    case 'step_executions':
      return bodyOf(row) + lengthOf(row.undo_error)
    case 'pipeline_executions':
      return bodyOf(row) + lengthOf(row.tags)
  }
}

const bodyOf = ({ input, output, error, error_message }: Rows['step_executions'] | Rows['pipeline_executions']) =>
  lengthOf(input) + lengthOf(output) + lengthOf(error) + lengthOf(error_message)

const NO_ERROR_TEXT = { error: undefined, error_message: undefined }
const NO_BODY = { ...NO_ERROR_TEXT, input: undefined, output: undefined }

/** The same without that text. */
export function bare(change: Change): Change {
  const { kind } = change
  switch (kind) {
    case 'anew':
      return change
    case 'undo':
      return { kind, row: { ...change.row, undo_error: undefined } }
    case 'step_attempts':
      return { kind, row: { ...change.row, ...NO_ERROR_TEXT } }
    case 'step_executions':
      return { kind, row: { ...change.row, ...NO_BODY, undo_error: undefined } }
    case 'pipeline_executions':
      return { kind, row: { ...change.row, ...NO_BODY, tags: undefined } }
  }
}
