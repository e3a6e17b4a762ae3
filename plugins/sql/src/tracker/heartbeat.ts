import type { Clock, TimerHandle } from '@pipe/core'
import { unref } from './unref.ts'

/** Calls `beat` from time to time, while it is on. */
export class Heartbeat {
  readonly #clock: Clock
  readonly #everyMs: number
  readonly #beat: () => void
  #timer: TimerHandle = null
  #on = false

  constructor(clock: Clock, everyMs: number, beat: () => void) {
    this.#clock = clock
    this.#everyMs = everyMs
    this.#beat = beat
  }

  is(on: boolean): void {
    if (on === this.#on) return
    this.#on = on
    if (on) this.#next()
    else this.#clock.clearTimeout(this.#timer)
  }

  #next(): void {
    const beat = () => {
      this.#beat()
      this.#next()
    }
    this.#timer = unref(this.#clock.setTimeout(beat, this.#everyMs))
  }
}
