import type { Clock } from '@pipe/core'
import { Draft } from './draft.ts'
import type { Rules } from './rules.ts'
import { freshState, type ScheduleState } from './state.ts'

/**
 * Does something to a schedule.
 *
 * @param now epoch ms, by the clock that all who share the schedule have in common
 * @param crashed whether whoever did something to it last may have done half of it
 */
export type Change = (draft: Draft, now: number, crashed: boolean) => Promise<void> | void

/** Where the state of schedules is kept. */
export interface Keeper {
  /**
   * Lets `change` do something to the state of a schedule, and keeps it. One of which nothing is kept begins at `since`, epoch ms. Whoever else does something to it waits, in all
   * processes that share it. `change` may be called again when it took so long that somebody else had a turn; when it
   * throws, nothing is kept.
   */
  change(rules: Rules, since: number, change: Change): Promise<{ readonly draft: Draft; readonly now: number }>
  /** The state of a schedule as it is kept; `undefined` when it never fired and nothing was done to it. */
  read(name: string): Promise<ScheduleState | undefined>
  /** What is kept of all schedules, by their names, and the time. */
  readAll(): Promise<{ readonly states: ReadonlyMap<string, ScheduleState>; readonly now: number }>
  /** Forgets a schedule. Answers what was kept of it. */
  forget(name: string): Promise<ScheduleState | undefined>
}

/** The state of schedules of this process, gone with it. */
export class MemoryKeeper implements Keeper {
  readonly #clock: Clock
  readonly #states = new Map<string, ScheduleState>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async change(rules: Rules, since: number, change: Change): Promise<{ readonly draft: Draft; readonly now: number }> {
    const now = this.#clock.now()
    const draft = new Draft(rules, this.#states.get(rules.name) ?? freshState(since))
    await change(draft, now, false)
    this.#states.set(rules.name, draft.state)
    return { draft, now }
  }

  read(name: string): Promise<ScheduleState | undefined> {
    return Promise.resolve(this.#states.get(name))
  }

  readAll(): ReturnType<Keeper['readAll']> {
    return Promise.resolve({ states: this.#states, now: this.#clock.now() })
  }

  forget(name: string): Promise<ScheduleState | undefined> {
    const state = this.#states.get(name)
    this.#states.delete(name)
    return Promise.resolve(state)
  }
}
