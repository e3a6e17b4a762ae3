import { deserializeError } from '@pipe/core'
import { isInside, outerPathsOf } from './generations.ts'
import { recordedError } from './recorded-error.ts'
import { attemptEntry, type AttemptRecord } from './record.ts'
import type { Recorder } from './recorder.ts'

/** An attempt that failed. */
interface Failed {
  readonly key: string
  readonly attempt: number
  readonly error: unknown
  recorded: boolean
}

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
  /** The last attempts of this execution that failed, by path. */
  readonly #failed = new Map<string, Failed>()
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
    const recorded = known?.attempt === attempt
    try {
      return recorded ? await this.replay(path, deserializeError(known.error), next) : await next()
    } catch (error) {
      this.#failed.set(path, { key, attempt, error, recorded })
      throw error
    }
  }

  /** Whether the last attempt of the step at `path` failed: when it succeeded all the same, a policy settled it. */
  hasFailed(path: string): boolean {
    return this.#failed.has(path)
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
    for (const outer of outerPathsOf(path)) {
      const failed = this.#failed.get(outer)
      if (failed === undefined || failed.recorded) continue
      const { key, attempt, error } = failed
      const record = { attempt, error: recordedError(error, this.#recorder.maxValueBytes) }
      await this.#recorder.write(attemptEntry(key, record))
      failed.recorded = true
    }
  }
}
