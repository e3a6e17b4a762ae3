import type { Clock } from '@pipe/core'
import { Alarms } from '../timing/alarms.ts'
import type { Entry } from './entry.ts'

/** What could not be done to a schedule is tried again after so long, ms. */
const AGAIN = 1_000

/** When schedules are to be looked at. */
export class WakeUps {
  readonly #clock: Clock
  readonly #look: (entry: Entry) => void
  readonly #alarms: Alarms

  /** @param look looks at a schedule */
  constructor(clock: Clock, onError: (error: unknown) => void, look: (entry: Entry) => void) {
    this.#clock = clock
    this.#look = look
    this.#alarms = new Alarms(clock, onError)
  }

  /** Has a schedule looked at then, epoch ms of this process, and not before; never, when that is `Infinity`. */
  set(entry: Entry, at: number): void {
    if (at === Infinity) this.clear(entry)
    else this.#alarms.set(entry.name, Math.max(at, entry.restsUntil), () => this.#look(entry))
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
