import { type Clock, PipelineError, type TimerHandle } from '@pipe/core'
import { insist, LONGEST_WAIT, unlessAborted } from './insist.ts'
import { type Moment, momentOf, msSince } from './moment.ts'
import type { Entry, EndStatus, Page, Renewed, StateStore } from './store.ts'

/** Who has to do with a lease. */
export interface LeaseHolder {
  /** What the run is asked to do, as often as that is known. */
  asked(renewed: Renewed): void
  /** The lease is lost: another process may have the run. */
  lost(error: PipelineError): void
}

/** What a lease is of. */
export interface LeaseParts {
  readonly store: StateStore
  readonly clock: Clock
  readonly runId: string
  readonly pipeline: string
  readonly fence: number
  readonly leaseMs: number
  /** When the store was asked for it: it may count from then. */
  readonly since: Moment
}

/**
 * What part of a lease it is good for, counted from the question that the store has answered: clocks go at different rates.
 * The rest is for the answer to the question whether it is good still, when the process stood still for so long.
 */
const GOOD = 0.8

const UNREACHABLE = 'the store could not be reached'

/** The right to go on with a run: renewed as long as it is good, given up when it cannot be. */
export class Lease {
  readonly fence: number
  readonly #parts: LeaseParts
  #holder: LeaseHolder | null = null
  #timer: TimerHandle
  /** Gives it up when the store does not answer; ticks while it is asked. */
  #deadline: TimerHandle
  /** What the store last rejected with, if it has not answered since. */
  #trouble: unknown
  #unwatch: (() => void) | undefined
  /** When the store was asked that last confirmed it: what another process does when it has run out is not known here. */
  #confirmed: Moment
  #over = false
  #loss: PipelineError | null = null
  /** Aborts when it is lost, whatever the store was asked. */
  readonly #gone = new AbortController()
  #confirming: Promise<void> | null = null

  constructor(parts: LeaseParts) {
    this.#parts = parts
    this.fence = parts.fence
    this.#confirmed = parts.since
  }

  /** Whether it was neither lost nor handed back. */
  get good(): boolean {
    return !this.#over && this.#loss === null
  }

  /** `LEASE_LOST`, once it is lost. */
  get loss(): PipelineError | null {
    return this.#loss
  }

  get maxValueBytes(): number {
    return this.#parts.store.maxValueBytes
  }

  /** Renews it from now on. */
  keep(holder: LeaseHolder): void {
    this.#holder = holder
    const { store, runId, clock, leaseMs } = this.#parts
    this.#unwatch = store.watch?.((id) => {
      if (id === runId) void this.#renew()
    })
    this.#arm(Math.max(0, this.#confirmed.monotonic + leaseMs / 3 - clock.monotonic()))
  }

  /** Whether it has to be confirmed before anything is begun: it may have run out, since the process or the machine stood still. */
  get isDue(): boolean {
    const { clock, leaseMs } = this.#parts
    return this.#loss !== null || msSince(clock, this.#confirmed) > leaseMs * GOOD
  }

  /** Whether it was not confirmed for as long as it is good: the wall clock, which may be set, is not asked. */
  get #isSpent(): boolean {
    const { clock, leaseMs } = this.#parts
    return clock.monotonic() - this.#confirmed.monotonic > leaseMs * GOOD
  }

  /** Asks the store whether it is still good. Rejects as {@link commit} does. */
  async confirm(): Promise<void> {
    if (this.good) {
      this.#confirming ??= this.#renew().finally(() => (this.#confirming = null))
      await unlessAborted(this.#confirming, this.#gone.signal)
    }
    this.#gone.signal.throwIfAborted()
  }

  /** Records entries. Rejects with `LEASE_LOST` when it is lost, or the store cannot be reached until it is. */
  async commit(entries: readonly Entry[]): Promise<void> {
    const { store, runId } = this.#parts
    if (!(await this.#insist(() => store.commit(runId, this.fence, entries))))
      throw this.#lose('another process has it')
  }

  /** What is recorded of the run, as `StateStore.entries` answers. Rejects as {@link commit} does. */
  async entries(after?: string): Promise<Page<Entry>> {
    const { store, runId } = this.#parts
    return await this.#insist(() => store.entries(runId, after))
  }

  /** Ends the run. Rejects as {@link commit} does. */
  async end(as: EndStatus, outcome: string): Promise<void> {
    const { store, runId } = this.#parts
    if (!(await this.#insist(() => store.end(runId, this.fence, as, outcome))))
      throw this.#lose('another process has it')
    this.stop()
  }

  /** Hands the run back; in vain when the store does not answer: then the lease runs out, and is not waited for any longer. */
  async release(as: 'waiting' | 'blocked', outcome?: string): Promise<void> {
    const { store, runId, clock, leaseMs } = this.#parts
    this.stop()
    const { promise: out, resolve } = Promise.withResolvers<unknown>()
    const timer = clock.setTimeout(
      () => resolve(undefined),
      Math.max(0, this.#confirmed.monotonic + leaseMs - clock.monotonic()),
    )
    await Promise.race([out, store.release(runId, this.fence, as, outcome).catch(() => false)])
    clock.clearTimeout(timer)
  }

  /** Renews it no longer. */
  stop(): void {
    this.#over = true
    this.#unwatch?.()
    this.#parts.clock.clearTimeout(this.#timer)
    this.#forgetDeadline()
  }

  #arm(ms: number): void {
    const { clock } = this.#parts
    clock.clearTimeout(this.#timer)
    if (this.good) this.#timer = clock.setTimeout(() => void this.#renew(), ms)
  }

  async #renew(): Promise<void> {
    const { store, clock, runId, leaseMs } = this.#parts
    const asked = momentOf(clock)
    // One that has run out already, since the process stood still, is asked for all the same: nobody may have taken it.
    const left = Math.max(this.#confirmed.monotonic + leaseMs * GOOD - asked.monotonic, leaseMs * (1 - GOOD))
    this.#deadline ??= clock.setTimeout(() => this.#giveUp(), left)
    try {
      const renewed = await store.renew(runId, this.fence, leaseMs)
      if (!this.good) return
      if (renewed === null) return void this.#lose('another process has it')
      this.#forgetDeadline()
      if (asked.monotonic >= this.#confirmed.monotonic) this.#confirmed = asked
      this.#holder?.asked(renewed)
      this.#arm(leaseMs / 3)
    } catch (error) {
      if (!this.good) return
      this.#trouble = error
      if (this.#isSpent) this.#lose(UNREACHABLE, error)
      else this.#arm(Math.min(leaseMs / 10, LONGEST_WAIT))
    }
  }

  /** The store did not answer in time; an answer that came while the process stood still is read first, in the next turn. */
  #giveUp(): void {
    this.#deadline = this.#parts.clock.setTimeout(() => this.#lose(UNREACHABLE, this.#trouble), 0)
  }

  #forgetDeadline(): void {
    this.#parts.clock.clearTimeout(this.#deadline)
    this.#deadline = undefined
    this.#trouble = undefined
  }

  /** Asks the store until it answers, or the lease is lost. */
  #insist<T>(ask: () => Promise<T>): Promise<T> {
    const failed = (error: unknown) => {
      if (this.#isSpent) throw this.#lose(UNREACHABLE, error)
    }
    return insist(ask, { clock: this.#parts.clock, signal: this.#gone.signal, failed })
  }

  #lose(why: string, cause?: unknown): PipelineError {
    if (this.#loss !== null) return this.#loss
    const { runId, pipeline } = this.#parts
    this.#loss = new PipelineError(
      'LEASE_LOST',
      `This process lost run "${runId}": ${why}. Nothing more is recorded here.`,
      { pipeline, cause },
    )
    this.stop()
    this.#gone.abort(this.#loss)
    this.#holder?.lost(this.#loss)
    return this.#loss
  }
}
