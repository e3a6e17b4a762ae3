import type { Clock, TimerHandle } from '@pipe/core'
import { AlarmHeap, type HeapEntry } from './alarm-heap.ts'

interface Alarm extends HeapEntry {
  readonly key: string
  readonly callback: () => void
}

/** Longest sleep, in ms. After it the wall clock is looked at again, which may have been set, or gone on in a suspend. */
const SLEEP = 30_000

/** A clock that is behind by so much was set back, ms; by less, one that is kept in time may be. */
const BACK = 1_000

const nothing = (): void => undefined

/** So many callbacks run in one turn of the event loop. */
const PER_TURN = 100

/**
 * Any number of alarms at times of the wall clock, on one timer.
 *
 * An alarm never comes before its time. When the wall clock is set forwards, or the machine was suspended, the alarms that
 * are due by then come within 30 s; when it is set back, they wait for their time again. Those that are due together run
 * in the order of their times, and in that of being set where these are the same; when they are many, other work of the
 * event loop comes in between. None runs while it is set: one whose time has passed comes in the next turn.
 */
export class Alarms {
  readonly #clock: Clock
  readonly #onError: (error: unknown, key: string) => void
  readonly #onSetBack: () => void
  readonly #alarms = new Map<string, Alarm>()
  #heap = new AlarmHeap<Alarm>()
  #order = 0
  #timer: TimerHandle
  /** What the timer was started for. */
  #awaited: Alarm | undefined
  /** The latest time that the clock has shown, epoch ms. */
  #latest = -Infinity
  #closed = false

  /**
   * @param onError gets what a callback throws, and the key of its alarm; it does not throw itself
   * @param onSetBack told that the wall clock was set back, by more than 1 s, within 30 s
   */
  constructor(clock: Clock, onError: (error: unknown, key: string) => void, onSetBack: () => void = nothing) {
    this.#clock = clock
    this.#onError = onError
    this.#onSetBack = onSetBack
  }

  /** How many alarms are set. */
  get size(): number {
    return this.#alarms.size
  }

  /**
   * Calls `callback` once at `at`, epoch ms. It replaces the alarm of the same key that is still to come. After
   * {@link Alarms.close} it does nothing.
   */
  set(key: string, at: number, callback: () => void): void {
    if (this.#closed) return
    this.#forget(key)
    const alarm: Alarm = { key, at, callback, order: this.#order++, index: -1 }
    this.#alarms.set(key, alarm)
    this.#heap.add(alarm)
    this.#wait()
  }

  /** Forgets the alarm of that key. */
  clear(key: string): void {
    this.#forget(key)
    this.#wait()
  }

  /** Forgets all alarms, for ever. */
  close(): void {
    this.#closed = true
    this.#alarms.clear()
    this.#heap = new AlarmHeap()
    this.#wait()
  }

  #forget(key: string): void {
    const alarm = this.#alarms.get(key)
    if (alarm === undefined) return
    this.#alarms.delete(key)
    this.#heap.remove(alarm)
  }

  /** Has the timer wait for the alarm that comes first. */
  #wait(): void {
    const { first } = this.#heap
    if (first === this.#awaited) return
    if (this.#awaited !== undefined) this.#clock.clearTimeout(this.#timer)
    this.#awaited = first
    if (first === undefined) return
    const now = this.#clock.now()
    this.#latest = Math.max(now, this.#latest)
    const left = first.at - now
    this.#timer = this.#clock.setTimeout(() => this.#ring(), Math.max(0, Math.min(left, SLEEP)))
  }

  #ring(): void {
    this.#awaited = undefined
    this.#lookAtClock()
    const due = this.#takeDue()
    this.#wait()
    for (const alarm of due) this.#run(alarm)
  }

  #lookAtClock(): void {
    const now = this.#clock.now()
    if (now >= this.#latest - BACK) return
    this.#latest = now
    this.#onSetBack()
  }

  /** Those of this turn. They are taken before any runs, so that one which sets itself again keeps none of them waiting. */
  #takeDue(): Alarm[] {
    const now = this.#clock.now()
    const due: Alarm[] = []
    let { first } = this.#heap
    while (first !== undefined && first.at <= now && due.length < PER_TURN) {
      this.#heap.remove(first)
      due.push(first)
      first = this.#heap.first
    }
    return due
  }

  #run(alarm: Alarm): void {
    const { key, callback } = alarm
    if (this.#alarms.get(key) !== alarm) return // one that ran before it cleared or replaced it
    this.#alarms.delete(key)
    try {
      callback()
    } catch (error) {
      this.#onError(error, key)
    }
  }
}
