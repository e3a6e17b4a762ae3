import type { Clock, TimerHandle } from '@pipe/core'
import { unref } from './unref.ts'

/** Calls `beat` from time to time, while it is on, and not while the last one is under way. */
export class Heartbeat {
  readonly #clock: Clock
  readonly #everyMs: number
  readonly #beat: () => Promise<unknown>
  #timer: TimerHandle = null
  #on = false
  #isBeating = false

  constructor(clock: Clock, everyMs: number, beat: () => Promise<unknown>) {
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
      this.#next()
      if (this.#isBeating) return
      this.#isBeating = true
      void this.#beat().finally(() => (this.#isBeating = false))
    }
    this.#timer = unref(this.#clock.setTimeout(beat, this.#everyMs))
  }
}
