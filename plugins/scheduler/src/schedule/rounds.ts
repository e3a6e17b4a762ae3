import type { Clock } from '@pipe/core'
import { eachOf } from './each-of.ts'
import type { Entry } from './entry.ts'
import type { Firing } from './firing.ts'
import type { Keeper } from './keeper.ts'

/** Clocks that are so far apart, ms, are not so because an answer took its time. */
const OFF = 1_000

/** So many schedules are looked at at a time. */
const AT_ONCE = 20

/** Who has the schedules. What it does reports its own errors. */
interface Host {
  readonly entries: ReadonlyMap<string, Entry>
  readonly leads: () => boolean
  /** Has a schedule looked at then, epoch ms. */
  arm(entry: Entry, wakeAt: number): void
  /** Fires what is due of a schedule. */
  look(entry: Entry): Promise<void>
  /** Finds out what became of a run in another process. */
  settle(entry: Entry, firing: Firing): Promise<void>
}

/** Finds out where the schedules are, all together: what others have done to them, and what time it is. */
export class Rounds {
  readonly #keeper: Keeper
  readonly #clock: Clock
  readonly #host: Host
  /** How far the clock by which slots are told is ahead of that of the process, ms. */
  #ahead = 0
  #going: Promise<void> | undefined

  constructor(keeper: Keeper, clock: Clock, host: Host) {
    this.#keeper = keeper
    this.#clock = clock
    this.#host = host
  }

  /** The time by which slots are told, epoch ms. */
  get now(): number {
    return this.#clock.now() + this.#ahead
  }

  /** When that time comes, by the clock of the process. */
  here(at: number): number {
    return at - this.#ahead
  }

  /** Learns what time it is. */
  learn(now: number): void {
    this.#ahead = now - this.#clock.now()
  }

  /** Goes round, whatever is known of the schedules: no alarm is set, or none is right. */
  goAnew(): Promise<void> {
    for (const entry of this.#host.entries.values()) entry.known = undefined
    return this.go()
  }

  /** Goes round, once at a time. */
  go(): Promise<void> {
    return (this.#going ??= this.#lookAtAll().finally(() => (this.#going = undefined)))
  }

  async #lookAtAll(): Promise<void> {
    const { entries } = this.#host
    for (const entry of entries.values()) entry.isNewer = false
    const { states, now } = await this.#keeper.readAll()
    const before = this.#ahead
    this.learn(now)
    // A clock was set, or the process stood still while it asked for the time: no alarm is right any more.
    const isOff = Math.abs(this.#ahead - before) > OFF
    await eachOf(entries.values(), AT_ONCE, async (entry) => {
      if (!this.#host.leads()) return
      if (isOff) entry.known = undefined
      const isKnown = entry.isNewer && entry.known !== undefined
      const wakeAt = isKnown ? undefined : entry.learn(states.get(entry.name), now)
      if (wakeAt !== undefined && wakeAt > now) this.#host.arm(entry, wakeAt)
      else if (wakeAt !== undefined) await this.#host.look(entry)
      for (const firing of entry.elsewhere) await this.#host.settle(entry, firing)
    })
  }
}
