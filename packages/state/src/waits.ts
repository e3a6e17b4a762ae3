import { type Clock, derive, type MiddlewareContext } from '@pipe/core'
import type { Journal } from './journal.ts'
import { waitEntry, type WaitRecord } from './record.ts'

/** What has failed and is tried again: recorded, so that another process goes on counting, and waits for what is left. */
export class Waits {
  readonly #journal: Journal
  readonly #clock: Clock
  /** By the keys of `Generations`. */
  #known = new Map<string, WaitRecord>()
  /** The records that the store has not confirmed yet. */
  readonly #pending = new Map<string, Promise<void>>()

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal
    this.#clock = clock
  }

  /** Takes in what was recorded by executions before. */
  load(known: Map<string, WaitRecord>): void {
    this.#known = known
  }

  /** How many attempts have failed, over all processes. */
  attempts(key: string): number {
    return this.#known.get(key)?.attempts ?? 0
  }

  /** An attempt failed, and another one will follow. */
  add(key: string, { attempts, retryAt, delayMs }: WaitRecord): void {
    const wait = { attempts, retryAt, delayMs }
    this.#known.set(key, wait)
    const written = this.#journal.write(waitEntry(key, wait)).then(() => void this.#pending.delete(key))
    this.#pending.set(key, written)
    written.catch(() => undefined) // who makes the next attempt is told
  }

  /** Resolves when the last wait is recorded: before the attempt that follows it. Rejects as `Journal.write` does. */
  async recorded(key: string): Promise<void> {
    await this.#pending.get(key)
  }

  /** Numbers the attempt that is next, and says when it is due, when a process before had attempts of its own. */
  resume(ctx: MiddlewareContext, key: string): MiddlewareContext {
    const wait = this.#known.get(key)
    if (wait === undefined) return ctx
    const now = this.#clock.now()
    const dueAt = now + Math.min(wait.delayMs, wait.retryAt - now) // clocks of processes differ
    return derive(ctx, { attempt: wait.attempts + 1, dueAt })
  }

  /** What was tried again has settled. */
  forget(key: string): void {
    this.#known.delete(key)
  }
}
