import type { Clock } from '@pipe/core'
import { Alarms } from '../timing/alarms.ts'
import type { Entry } from './entry.ts'

/** What could not be done to a schedule is tried again after so long, ms. */
const AGAIN = 1_000

/** Who looks at schedules. */
interface Watcher {
  look(entry: Entry): void
  /** The clock was set back: what is far ahead of it may be so no more. */
  setBack(): void
}

/** When schedules are to be looked at. */
export class WakeUps {
  readonly #clock: Clock
  readonly #watcher: Watcher
  readonly #alarms: Alarms

  constructor(clock: Clock, onError: (error: unknown) => void, watcher: Watcher) {
    this.#clock = clock
    this.#watcher = watcher
    this.#alarms = new Alarms(clock, onError, () => watcher.setBack())
  }

  /** Has a schedule looked at then, epoch ms of this process, and not before; never, when that is `Infinity`. */
  set(entry: Entry, at: number): void {
    if (at === Infinity) this.clear(entry)
    else this.#alarms.set(entry.name, Math.max(at, entry.restsUntil), () => this.#watcher.look(entry))
  }

  /** Looking at a schedule has failed: it is done again, not at once. */
  again(entry: Entry): void {
    entry.restsUntil = this.#clock.now() + AGAIN
    this.set(entry, entry.restsUntil)
  }

  clear({ name }: Entry): void {
    this.#alarms.clear(name)
  }

  close(): void {
    this.#alarms.close()
  }
}
