import { type AttemptContext, isolated, type Next } from '@pipe/core'
import { outerPathsOf } from './generations.ts'
import type { Undos } from './undos.ts'

/**
 * The sources of maps that are only to be undone: they are read until what was completed has appeared, and no further, for
 * they may have no end.
 */
export class Sources {
  readonly #undos: Undos
  /** What ends the reading, by the path of the map. */
  readonly #read = new Map<string, () => void>()

  constructor(undos: Undos) {
    this.#undos = undos
  }

  /** An attempt of a map, which ends with `error` when nothing can appear any more. */
  async read(ctx: AttemptContext, error: unknown, next: Next<AttemptContext>): Promise<unknown> {
    if (!this.#undos.isAnythingMissing) throw isolated(error)
    const { stepId: path } = ctx
    this.#read.set(path, () => ctx.abort(isolated(error)))
    try {
      return await next()
    } finally {
      this.#read.delete(path)
    }
  }

  /** What was recorded under `key` has appeared. */
  appeared(key: string): void {
    this.#undos.appeared(key)
    if (this.#read.size === 0 || this.#undos.isAnythingMissing) return
    for (const end of this.#read.values()) end()
  }

  /** The item at `path` was not completed: so the map was not either, and nothing comes after it. */
  notCompleted(path: string): void {
    const map = outerPathsOf(path).at(-1)!
    const end = this.#read.get(map)
    if (end !== undefined && !this.#undos.isMissingInside(map)) end()
  }
}
