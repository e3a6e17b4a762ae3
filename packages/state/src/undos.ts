import type { MiddlewareContext, Next } from '@pipe/core'
import { isInside, Generations } from './generations.ts'
import { unlessAborted } from './insist.ts'
import type { Recorder } from './recorder.ts'

/** What of a run can be undone, and the undoing of it, by the keys of {@link Generations}. */
export class Undos {
  readonly #recorder: Recorder
  readonly #undone: ReadonlySet<string>
  readonly #done: Set<string>
  /** What of it was completed by executions before, and has not appeared in this one. */
  readonly #missing: Set<string>
  /** Those that are going on. */
  readonly #going = new Set<Promise<void>>()

  /**
   * @param undone what was undone by executions before
   * @param done what was completed by executions before, can be undone, and was not
   */
  constructor(recorder: Recorder, undone: ReadonlySet<string>, done: Set<string>) {
    this.#recorder = recorder
    this.#undone = undone
    this.#done = done
    this.#missing = new Set(done)
  }

  /** How many steps are completed, can be undone, and are not. */
  get left(): number {
    return this.#done.size
  }

  /** Whether any of them is inside of what the step at `outer` runs. */
  isLeftInside(outer: string): boolean {
    return hasInside(this.#done, outer)
  }

  /** Whether anything is left that has to appear before it can be undone. */
  get isAnythingMissing(): boolean {
    return this.#missing.size > 0
  }

  /** Whether any of that is inside of what the step at `outer` runs. */
  isMissingInside(outer: string): boolean {
    return hasInside(this.#missing, outer)
  }

  /** What was recorded under `key` has appeared. */
  appeared(key: string): void {
    this.#missing.delete(key)
  }

  /** A step that can be undone is about to be recorded as completed. */
  completed(key: string): void {
    this.#done.add(key)
  }

  /** It could not be recorded: it is nobody's to undo. */
  failed(key: string): void {
    this.#done.delete(key)
  }

  /** Undoes a step, unless that was done before. `ready` is waited for first. */
  async undo(key: string, { signal }: MiddlewareContext, next: Next<MiddlewareContext>, ready: () => Promise<void>) {
    if (this.#undone.has(key)) return
    const undoing = ready().then(() => this.#undo(key, signal, next))
    this.#going.add(undoing)
    try {
      await undoing
    } finally {
      this.#going.delete(undoing)
    }
  }

  /** Resolves when nothing is being undone: the engine does not wait for what takes longer than it may. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#going)
  }

  async #undo(key: string, signal: AbortSignal, next: Next<MiddlewareContext>): Promise<void> {
    try {
      signal.throwIfAborted()
      await unlessAborted(Promise.resolve(next()), signal)
    } catch (error) {
      await this.#recorder.undone(key, { error })
      this.#done.delete(key) // once: that it failed is recorded
      throw error
    }
    await this.#recorder.undone(key)
    this.#done.delete(key)
  }
}

function hasInside(keys: Iterable<string>, outer: string): boolean {
  for (const key of keys) if (isInside(Generations.pathOf(key), outer)) return true
  return false
}
