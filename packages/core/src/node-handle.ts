/** A handle at run time: an id, and for the builder where it comes from. */
export class NodeHandle {
  readonly id: string
  readonly #owner: object
  readonly #index: number

  constructor(owner: object, id: string, index: number) {
    this.id = id
    this.#owner = owner
    this.#index = index
    Object.freeze(this)
  }

  /** Index of the node when `handle` is one of `owner`, otherwise `undefined`. */
  static indexIn(owner: object, handle: unknown): number | undefined {
    return handle instanceof NodeHandle && handle.#owner === owner ? handle.#index : undefined
  }
}
