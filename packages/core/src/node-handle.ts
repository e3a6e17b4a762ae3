import { PipelineError } from './errors.ts'
import type { MaybeHandle, OUTPUT, REQUIRES, SUCCESS } from './handle.ts'

/** A handle at run time: an id, and for the builder where it comes from. Its types are phantom; `never` fits everywhere. */
export class NodeHandle implements MaybeHandle<never> {
  declare readonly [OUTPUT]: never
  declare readonly [SUCCESS]: never
  declare readonly [REQUIRES]: never
  readonly id: string
  readonly #owner: object
  readonly #index: number

  constructor(owner: object, id: string, index: number) {
    this.id = id
    this.#owner = owner
    this.#index = index
  }

  /** Index of the node when `handle` is one of `owner`, otherwise `undefined`. */
  static indexIn(owner: object, handle: unknown): number | undefined {
    return handle instanceof NodeHandle && handle.#owner === owner ? handle.#index : undefined
  }

  /** Refuses to be a text or a number: nothing is known yet. */
  [Symbol.toPrimitive](): never {
    const message = `Handle "${this.id}" was used as a value. It stands for an output: read that with \`needs\`.`
    throw new PipelineError('DEFINITION_INVALID', message, { step: this.id })
  }
}
