import { derive, type MiddlewareContext } from '@pipe/core'
import { waitEntry, type WaitRecord } from './record.ts'
import type { Recorder } from './recorder.ts'

/** What has failed and is tried again: recorded, so that another process goes on counting, and waits for what is left. */
export class Waits {
  readonly #recorder: Recorder
  /** What time it is for the store, which all processes have in common. */
  readonly #storeNow: () => number
  /** By the keys of `Generations`. */
  readonly #known: Map<string, WaitRecord>
  /** The records that the store has not confirmed yet. */
  readonly #pending = new Map<string, Promise<void>>()

  /** @param known those of executions before */
  constructor(recorder: Recorder, storeNow: () => number, known: Map<string, WaitRecord>) {
    this.#known = known
    this.#recorder = recorder
    this.#storeNow = storeNow
  }

  /** How many attempts have failed, over all processes. */
  attempts(key: string): number {
    return this.#known.get(key)?.attempts ?? 0
  }

  /** An attempt failed, and another one will follow. */
  add(key: string, { attempts, delayMs }: Omit<WaitRecord, 'retryAt'>): void {
    const wait = { attempts, retryAt: Math.round(this.#storeNow() + delayMs), delayMs }
    this.#known.set(key, wait)
    const written = this.#recorder.write(waitEntry(key, wait)).then(() => void this.#pending.delete(key))
    this.#pending.set(key, written)
    written.catch(() => undefined) // who makes the next attempt is told
  }

  /** Resolves when the last wait is recorded: before the attempt that follows it. Rejects when that failed. */
  async recorded(key: string): Promise<void> {
    await this.#pending.get(key)
  }

  /** Numbers the attempt that is next, and says how long it waits, when a process before had attempts of its own. */
  resume(ctx: MiddlewareContext, key: string): MiddlewareContext {
    const wait = this.#known.get(key)
    if (wait === undefined) return ctx
    const left = Math.min(wait.delayMs, wait.retryAt - this.#storeNow()) // its clock may have been set back
    return derive(ctx, { attempt: wait.attempts + 1, delayMs: left })
  }

  /** Numbers the attempt without a wait: what is only to be undone has waited. */
  number(ctx: MiddlewareContext, key: string): MiddlewareContext {
    const failed = this.attempts(key)
    return failed === 0 ? ctx : derive(ctx, { attempt: failed + 1 })
  }

  /** What was tried again has settled. */
  forget(key: string): void {
    this.#known.delete(key)
  }
}
