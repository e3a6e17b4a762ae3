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

const MOST_TAGS = 64
/** Name and value of a tag, in characters. */
const LONGEST_TAG = 1_000

/** As long as a copy of tags has to be: what stands for a secret may be longer than that. */
export const TAGS_LENGTH = 2 * MOST_TAGS * LONGEST_TAG

/** Copies of values and errors as they are kept: without secrets, no longer than allowed, made when they are asked for. */
export class Captured {
  readonly #snapshots: Snapshots
  readonly #tags: Snapshots

  /** @param tags copies as long as all tags that are kept, so that none is cut */
  constructor(snapshots: Snapshots, tags: Snapshots) {
    this.#snapshots = snapshots
    this.#tags = tags
  }

  /** A value as JSON. */
  value(value: unknown): string | undefined {
    if (value === undefined) return undefined
    return JSON.stringify(this.#snapshots.of(value))
  }

  /** Tags as JSON: whole ones, to be looked for, without secrets. Those that are too long or too many are left out. */
  tags(tags: Readonly<Record<string, string>>): string | undefined {
    const kept = Object.entries(tags).filter(([name, value]) => name.length + value.length <= LONGEST_TAG)
    if (kept.length === 0) return undefined
    return JSON.stringify(this.#tags.of(Object.fromEntries(kept.slice(0, MOST_TAGS))))
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
