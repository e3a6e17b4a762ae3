import { type Clock, isPipelineError, PipelineError, type TimerHandle } from '@pipe/core'
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
}

/** Longest wait between two tries to reach a store, ms. */
const LONGEST_WAIT = 1_000

/** The right to go on with a run: renewed as long as it is good, given up when it cannot be. */
export class Lease {
  readonly fence: number
  readonly #parts: LeaseParts
  #holder: LeaseHolder | null = null
  #timer: TimerHandle
  #unwatch: (() => void) | undefined
  /** When the store last confirmed it, by the monotonic clock: what another process does when it has run out is not known here. */
  #confirmed: number
  #over = false
  #loss: PipelineError | null = null
  #confirming: Promise<void> | null = null

  constructor(parts: LeaseParts) {
    this.#parts = parts
    this.fence = parts.fence
    this.#confirmed = parts.clock.monotonic()
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
    const { store, runId } = this.#parts
    this.#unwatch = store.watch?.((id) => {
      if (id === runId) void this.#renew()
    })
    this.#arm(this.#parts.leaseMs / 3)
  }

  /**
   * Whether it has to be confirmed before anything is begun: it may have run out, since the process stood still. With a
   * margin, for the store began to count before it answered.
   */
  get isDue(): boolean {
    const { clock, leaseMs } = this.#parts
    return this.#loss !== null || clock.monotonic() - this.#confirmed > leaseMs * 0.8
  }

  /** Asks the store whether it is still good. Rejects as {@link commit} does. */
  async confirm(): Promise<void> {
    if (this.#loss === null) await (this.#confirming ??= this.#renew().finally(() => (this.#confirming = null)))
    if (this.#loss !== null) throw this.#loss
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

  /** Hands the run back; in vain when the store cannot be reached: then the lease runs out. */
  async release(as: 'waiting' | 'blocked', outcome?: string): Promise<void> {
    const { store, runId } = this.#parts
    this.stop()
    await store.release(runId, this.fence, as, outcome).catch(() => false)
  }

  /** Renews it no longer. */
  stop(): void {
    this.#over = true
    this.#unwatch?.()
    this.#parts.clock.clearTimeout(this.#timer)
  }

  #arm(ms: number): void {
    const { clock } = this.#parts
    clock.clearTimeout(this.#timer)
    if (this.good) this.#timer = clock.setTimeout(() => void this.#renew(), ms)
  }

  async #renew(): Promise<void> {
    const { store, clock, runId, leaseMs } = this.#parts
    const asked = clock.monotonic()
    try {
      const renewed = await store.renew(runId, this.fence, leaseMs)
      if (!this.good) return
      if (renewed === null) return void this.#lose('another process has it')
      this.#confirmed = Math.max(this.#confirmed, asked)
      this.#holder?.asked(renewed)
      this.#arm(leaseMs / 3)
    } catch (error) {
      if (!this.good) return
      if (this.isDue) this.#lose('the store could not be reached', error)
      else this.#arm(Math.min(leaseMs / 10, LONGEST_WAIT))
    }
  }

  /** Asks the store until it answers. What it is asked may be asked again. */
  async #insist<T>(ask: () => Promise<T>): Promise<T> {
    for (let wait = 10; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      if (this.#loss !== null) throw this.#loss
      try {
        return await ask()
      } catch (error) {
        if (!isPipelineError(error, 'STORE_UNAVAILABLE')) throw error
        if (this.isDue) throw this.#lose('the store could not be reached', error)
        await new Promise<void>((resolve) => this.#parts.clock.setTimeout(resolve, wait))
      }
    }
  }

  #lose(why: string, cause?: unknown): PipelineError {
    if (this.#loss !== null) return this.#loss
    const { runId, pipeline } = this.#parts
    this.#loss = new PipelineError(
      'LEASE_LOST',
      `This process lost run "${runId}": ${why}. Nothing more is recorded here.`,
      {
        pipeline,
        cause,
      },
    )
    this.stop()
    this.#holder?.lost(this.#loss)
    return this.#loss
  }
}
