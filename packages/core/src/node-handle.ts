import { PipelineError } from './errors.ts'
import { textOf } from './definition-check.ts'
import type { AnyHandle, MaybeHandle, OUTPUT, REQUIRES, SUCCESS } from './handle.ts'

/** A handle at run time: an id, and for the builder where it comes from. Its types are phantom; `never` fits everywhere. */
export class NodeHandle implements MaybeHandle<never> {
  declare readonly [OUTPUT]: never
  declare readonly [SUCCESS]: never
  declare readonly [REQUIRES]: never
  readonly #id: string
  readonly #owner: object
  readonly #index: number

  constructor(owner: object, id: string, index: number) {
    this.#id = id
    this.#owner = owner
    this.#index = index
  }

  /** Index of the node when `handle` is one of `owner`, otherwise `undefined`. */
  static indexIn(owner: object, handle: unknown): number | undefined {
    return handle instanceof NodeHandle && handle.#owner === owner ? handle.#index : undefined
  }

  /** Id of the step in its pipeline, for example `user` or `prices/primary`. */
  static idOf(handle: NodeHandle): string {
    return handle.#id
  }

  get [Symbol.toStringTag](): string {
    return `Handle "${this.#id}"`
  }

  /** Refuses to be a text or a number: nothing is known yet. */
  [Symbol.toPrimitive](): never {
    const step = this.#id
    const message = `Handle "${step}" was used as a value. It stands for an output: read that with \`needs\`.`
    throw new PipelineError('DEFINITION_INVALID', message, { step })
  }
}

/**
 * Id of the step that a handle stands for, in its pipeline: `user`, `prices/primary`; `input` for that of the pipeline. For
 * functions that declare steps on what they are given.
 *
 * @throws PipelineError `DEFINITION_INVALID` for anything but a handle
 */
export function idOf(handle: AnyHandle): string {
  if (handle instanceof NodeHandle) return NodeHandle.idOf(handle)
  throw new PipelineError('DEFINITION_INVALID', `Expected a handle, got ${textOf(handle)}.`)
}
