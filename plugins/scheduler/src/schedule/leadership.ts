import { type Clock, type TimerHandle, uuidv7 } from '@pipe/core'
import type { StateStore } from '@pipe/state'
import { SCHEDULES } from './store-keeper.ts'

/** Who has to do with leading. */
export interface Leader {
  /** This process leads from now on. */
  lead(): void
  /** It leads still. */
  beat(): void
  /** It does not lead any more. */
  follow(): void
  /** The store could not be asked. */
  failed(error: unknown): void
}

/**
 * How long a leader that does not say anything is believed to live, ms. With the time until somebody else looks, it is
 * replaced within 15 s.
 */
const LEASE = 10_000

/**
 * Which of several processes leads: the one that has a run of the store which nobody ever ends. It only saves the others
 * their work; that nothing is done twice does not depend on it.
 */
export class Leadership {
  /** Of the run that the leader has. */
  readonly #id: string
  readonly #store: StateStore
  readonly #clock: Clock
  readonly #leader: Leader
  /** Always the same, so that who asks again, since the answer was lost, gets what it has. */
  readonly #owner = `scheduler:${uuidv7()}`
  #fence: number | null = null
  /** When the store was asked that last confirmed it. */
  #confirmedAt = 0
  #timer: TimerHandle
  #stopped = false
  #asking: Promise<void> | null = null

  /** @param group processes of another one have a leader of their own */
  constructor(store: StateStore, clock: Clock, group: string, leader: Leader) {
    this.#id = `scheduler/${group}`
    this.#store = store
    this.#clock = clock
    this.#leader = leader
  }

  /** Tries to lead, from now on. Resolves after the first try. */
  async start(): Promise<void> {
    if (!this.#stopped) await this.#ask()
  }

  /** Leads no more, and lets others do it at once. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#clock.clearTimeout(this.#timer)
    await this.#asking
    const fence = this.#fence
    if (fence === null) return
    this.#fence = null
    await this.#store.release(this.#id, fence, 'waiting').catch(() => false) // else the lease runs out
    this.#leader.follow()
  }

  #ask(): Promise<void> {
    const asking = (this.#fence === null ? this.#run() : this.#renew(this.#fence))
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#asking = null
        if (this.#stopped) return
        this.#timer = this.#clock.setTimeout(() => void this.#ask(), (LEASE / 3) * (0.9 + Math.random() * 0.2))
      })
    return (this.#asking = asking)
  }

  async #run(): Promise<void> {
    const asked = this.#clock.monotonic()
    const { fence } = await this.#store.acquire(
      { id: this.#id, pipeline: SCHEDULES, data: '' },
      { owner: this.#owner, leaseMs: LEASE, maxCrashes: Number.MAX_SAFE_INTEGER },
    )
    if (fence === null) return
    this.#fence = fence
    this.#confirmedAt = asked
    if (!this.#stopped) this.#leader.lead() // else `stop`, which waits for this, hands it back
  }

  async #renew(fence: number): Promise<void> {
    const asked = this.#clock.monotonic()
    if ((await this.#store.renew(this.#id, fence, LEASE)) === null) {
      this.#lost()
      return
    }
    this.#confirmedAt = asked
    if (!this.#stopped) this.#leader.beat()
  }

  #failed(error: unknown): void {
    this.#leader.failed(error)
    if (this.#fence !== null && this.#clock.monotonic() - this.#confirmedAt > LEASE) this.#lost()
  }

  #lost(): void {
    this.#fence = null
    this.#leader.follow()
  }
}
