import { type Clock, isPipelineError } from '@pipe/core'
import { Alarms } from '../timing/alarms.ts'
import type { Entry } from './entry.ts'
import type { OnError } from './scheduler-options.ts'

/** What could not be done to a schedule is tried again after so long, ms. */
const AGAIN = 1_000

/** Who looks at schedules. */
interface Host {
  readonly onError: OnError
  /** Whether it is for this process to look at a schedule. */
  readonly leads: (entry: Entry) => boolean
  readonly look: (entry: Entry) => Promise<void>
  /** The clock was set back: what is far ahead of it may be so no more. */
  readonly setBack: () => void
  /** Nothing can be begun here any more. */
  readonly closed: () => void
  /** Does something that nobody waits for, but the end of the scheduler. */
  readonly inBackground: (work: () => Promise<unknown>) => void
}

/** When schedules are to be looked at. */
export class WakeUps {
  readonly #clock: Clock
  readonly #host: Host
  readonly #alarms: Alarms

  constructor(clock: Clock, host: Host) {
    this.#clock = clock
    this.#host = host
    this.#alarms = new Alarms(
      clock,
      (error, name) => host.onError(error, name),
      () => host.setBack(),
    )
  }

  /** Has a schedule looked at then, epoch ms of this process, and not before; never, when that is `Infinity`. */
  set(entry: Entry, at: number): void {
    if (!this.#host.leads(entry)) return
    const rest = entry.restsUntil - this.#clock.monotonic()
    if (at === Infinity) this.clear(entry)
    else this.#alarms.set(entry.name, Math.max(at, this.#clock.now() + rest), () => this.wake(entry))
  }

  /** Has a schedule looked at now. */
  wake(entry: Entry): void {
    this.#host.inBackground(() => this.look(entry))
  }

  /** Looks at a schedule, and again when that failed. */
  async look(entry: Entry): Promise<void> {
    await this.#host.look(entry).catch((error: unknown) => this.failed(entry, error))
  }

  /** Something could not be done to a schedule: it is looked at again, not at once. */
  failed(entry: Entry, error: unknown): void {
    if (isPipelineError(error, 'SCHEDULE_UNKNOWN')) return // it was removed meanwhile
    if (isPipelineError(error, 'PIPE_CLOSED')) this.#host.closed()
    entry.restsUntil = this.#clock.monotonic() + AGAIN
    this.set(entry, 0)
    this.#host.onError(error, entry.name)
  }

  clear({ name }: Entry): void {
    this.#alarms.clear(name)
  }

  close(): void {
    this.#alarms.close()
  }
}
