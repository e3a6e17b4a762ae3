import { isPipelineError, messageOf } from '@pipe/core'
import type { Snapshots } from '@pipe/redaction'
import { LONGEST } from '../schema/history-tables.ts'
import type { StepRow } from '../schema/tables.ts'
import type { Sparse } from './change.ts'
import { withKeys } from './path.ts'
import { hashOf, keyText, storable } from './text.ts'

/** The columns that say what went wrong. */
export type ErrorColumns = Pick<Sparse<StepRow>, 'error_name' | 'error_code' | 'error_message' | 'error'>

/** Nothing did. */
export const NO_ERROR = { error_name: undefined, error_code: undefined, error_message: undefined, error: undefined }

/** Copies of values and errors as they are kept: without secrets, no longer than allowed, made when they are asked for. */
export class Captured {
  readonly #snapshots: Snapshots

  constructor(snapshots: Snapshots) {
    this.#snapshots = snapshots
  }

  /** A value as JSON. */
  value(value: unknown): string | undefined {
    if (value === undefined) return undefined
    return JSON.stringify(this.#snapshots.of(value))
  }

  /** A short text, without secrets. */
  text(text: string, bytes: number): string {
    return keyText(this.#snapshots.text(text), bytes)
  }

  /** The path of a step. A key of an item that holds a secret becomes a hash; what is inside of the item stays inside. */
  path(path: string): string {
    const shown = withKeys(path, (key) => (this.#snapshots.text(key) === key ? key : `~${hashOf(key)}`))
    return keyText(shown, LONGEST.path)
  }

  /** What was thrown: name, code and message of what a step threw, and all of it. */
  error(thrown: unknown): ErrorColumns {
    const cause = causeOf(thrown)
    const { name, code, message } = this.#snapshots.error(cause, { stacks: false })
    return {
      error_name: keyText(name, LONGEST.name),
      error_code:
        typeof code === 'string' || typeof code === 'number' ? keyText(String(code), LONGEST.name) : undefined,
      error_message: storable(message),
      error: JSON.stringify(this.#snapshots.error(thrown)),
    }
  }

  /** The message of anything that was thrown. */
  message(thrown: unknown): string {
    return storable(this.#snapshots.text(messageOf(thrown)))
  }
}

/** What made a run or a call fail: that a step of it failed says nothing that is not known. */
function causeOf(thrown: unknown): unknown {
  let cause = thrown
  while (isPipelineError(cause, 'STEP_FAILED') && cause.cause !== undefined) cause = cause.cause
  return cause
}
