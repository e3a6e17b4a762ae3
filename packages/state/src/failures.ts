import { deserializeError } from '@pipe/core'
import { isInside } from './generations.ts'
import { recordedError } from './recorded-error.ts'
import { attemptEntry, type AttemptRecord } from './record.ts'
import type { Recorder } from './recorder.ts'

/** Why something is not run, but only to be undone. */
export interface Reason {
  /** What it fails with. */
  readonly error: unknown
}

/**
 * Attempts of what runs others that failed and are taken back. That is recorded before anything of them is undone: so
 * another process undoes the rest, and goes on with the next attempt, not with what was undone.
 */
export class Failures {
  readonly #recorder: Recorder
  /** Those of executions before, by the keys of `Generations`. */
  readonly #known: ReadonlyMap<string, AttemptRecord>
  /** Those of this execution that are not recorded, by path. */
  readonly #failed = new Map<string, { readonly key: string; readonly attempt: number; readonly error: unknown }>()
  /** What is done over only to be undone, by path, and what it fails with. */
  readonly #replayed = new Map<string, Reason>()

  /** @param known those of executions before, by the keys of `Generations` */
  constructor(recorder: Recorder, known: ReadonlyMap<string, AttemptRecord>) {
    this.#known = known
    this.#recorder = recorder
  }

  /** Why the step at `path` is not run: it is, or is inside of, what is only to be undone. */
  reasonFor(path: string): Reason | undefined {
    for (const [outer, reason] of this.#replayed) if (path === outer || isInside(path, outer)) return reason
    return undefined
  }

  /**
   * Does an attempt of the step at `path`. One that is known to have failed fails again, when all that it had completed
   * has appeared to be undone.
   */
  async attempt(path: string, key: string, attempt: number, next: () => unknown): Promise<unknown> {
    this.#failed.delete(path)
    const known = this.#known.get(key)
    if (this.#replayed.has(path)) return await next()
    if (known?.attempt === attempt) return await this.replay(path, deserializeError(known.error), next)
    try {
      return await next()
    } catch (error) {
      this.#failed.set(path, { key, attempt, error })
      throw error
    }
  }

  /** Does over what failed with `error`: what was completed appears, nothing else is run, and it fails with that again. */
  async replay(path: string, error: unknown, next: () => unknown): Promise<never> {
    this.#replayed.set(path, { error })
    try {
      await next()
    } catch {
      // Whatever it says now, it failed for another reason.
    } finally {
      this.#replayed.delete(path)
    }
    throw error
  }

  /** Records the failure because of which the step at `path` is about to be undone. */
  async record(path: string): Promise<void> {
    for (const [outer, { key, attempt, error }] of this.#failed) {
      if (!isInside(path, outer)) continue
      this.#failed.delete(outer)
      await this.#recorder.write(
        attemptEntry(key, { attempt, error: recordedError(error, this.#recorder.maxValueBytes) }),
      )
    }
  }
}
