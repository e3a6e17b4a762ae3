import { whenOf } from '../timing/timing-text.ts'
import { adaptation, adapted } from './adapt.ts'
import { firingOf, type FinishedRun, type Firing } from './firing.ts'
import type { News, SkipReason } from './news.ts'
import { limitOf, MOST_WAITING } from './overlap.ts'
import { MOST_SLOTS, type Passed, passedSlots } from './passed.ts'
import type { Rules } from './rules.ts'
import { type EndReason, isOutOfSlots, LONGEST_MESSAGE, type ScheduleCounts, type ScheduleState } from './state.ts'

/** A schedule whose runs follow each other waits this long after one that failed, ms, twice as long after the next, and so on. */
const [FIRST_REST, LONGEST_REST] = [1_000, 60_000]

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The state of a schedule as something happens to it, and what is to be done about that. Does nothing itself. */
export class Draft {
  readonly rules: Rules
  /** What is to be kept. */
  readonly state: Mutable<ScheduleState>
  /** What is to be started, in this order. */
  readonly starts: Firing[] = []
  /** Whether any of it was: then it must be kept, or found. */
  begun = false
  /** What is to be cancelled. */
  readonly cancels: Firing[] = []
  /** What is to be told. */
  readonly news: News[] = []

  constructor(rules: Rules, state: ScheduleState) {
    this.rules = rules
    this.state = { ...state }
  }

  /** When something is to be done next, epoch ms; `Infinity` when nothing is until something else happens. */
  get wakeAt(): number {
    const { state, rules } = this
    if (this.#next() !== undefined) return 0
    if (state.paused || state.ended !== null) return Infinity
    if (rules.when.kind === 'after-end') return this.#isIdle ? state.dueAt : Infinity
    const next = rules.when.slots.next(state.settled)
    return next === undefined ? Infinity : rules.fireTime(next)
  }

  /** Whether what is kept is what is asked of it here; if not, who leads goes on from `now`. */
  isCurrent(now: number): boolean {
    return adapted(this.state, this.rules, now) === this.state
  }

  /** Fires what has waited and what is due. */
  pass(now: number): void {
    const { state, rules } = this
    const anew = adaptation(state, rules, now)
    Object.assign(state, anew?.state)
    this.#goOn()
    this.#settle(anew?.passed)
    if (state.paused || state.ended !== null) return
    if (rules.when.kind === 'slots') this.#settle(passedSlots(rules.when.slots, rules, state.settled, now))
    else if (this.#isIdle && state.dueAt <= Math.min(now, rules.until)) {
      state.settled = this.#nextDue
      this.offer(firingOf(rules.name, state.settled))
    }
    this.#endIfOver()
  }

  /** What is due, and may have been started by a process that died before it could say so. */
  doubtful(now: number): readonly Firing[] {
    const { state, rules } = this
    const when = state.timing === rules.timing ? rules.when : whenOf(state.timing)
    if (when?.kind === 'after-end') return [firingOf(rules.name, this.#nextDue)]
    const passed = when?.slots.between(state.settled, Math.min(now, rules.until), MOST_SLOTS)
    return passed?.newest.map((slot) => firingOf(rules.name, slot)) ?? []
  }

  /** A doubtful one was started. */
  adopt(firing: Firing): void {
    this.state.settled = Math.max(this.state.settled, firing.slot)
    this.#count(firing)
  }

  /** A firing wants to run. Answers whether it runs, or waits. */
  offer(firing: Firing): 'started' | 'waiting' | 'skipped' {
    const { overlap } = this.rules
    const isFree = this.state.active.length < limitOf(overlap)
    if (isFree && (firing.manual || this.state.waiting.length === 0)) return this.#start(firing)
    if (overlap === 'cancel-other') {
      this.cancels.push(...this.state.active)
      for (const other of this.state.waiting) this.#skip(other, 'superseded')
      return this.#wait([], firing)
    }
    if (overlap === 'buffer-one' && this.state.waiting.length === 0) return this.#wait([], firing)
    if (overlap === 'buffer-all') {
      if (this.state.waiting.length < MOST_WAITING) return this.#wait(this.state.waiting, firing)
      return this.#skip(firing, 'buffer-full')
    }
    return this.#skip(firing, 'overlap')
  }

  /** A run has ended; what waits for that begins with the next `pass`. Answers whether that is news. */
  end(run: FinishedRun): boolean {
    const { state, rules } = this
    if (!state.active.some(({ id }) => id === run.id)) return false
    const { id, slot, status, endedAt, error } = run
    state.active = state.active.filter((one) => one.id !== id)
    state.last = {
      id,
      slot,
      status,
      endedAt,
      ...(error !== undefined && { error: error.message.slice(0, LONGEST_MESSAGE) }),
    }
    this.#add(status)
    if (status !== 'cancelled') state.failures = status === 'failed' ? state.failures + 1 : 0
    if (rules.when.kind === 'after-end') state.dueAt = endedAt + Math.max(rules.when.delayMs, this.#restMs)
    this.news.push({ what: 'schedule:run-end', event: run })
    if (rules.stopWhen(run)) this.#finish('stop-when')
    else if (state.failures >= rules.maxFailures) this.#finish('max-failures')
    if (state.timing === rules.timing) this.#endIfOver()
    return true
  }

  pause(): void {
    if (this.state.paused) return
    this.state.paused = true
    this.news.push({ what: 'schedule:pause', event: {} })
  }

  /** Slots that have passed meanwhile are left alone, and told. One that has ended for its failures, or its condition, begins again. */
  resume(now: number): void {
    const { state } = this
    if (!state.paused && state.ended !== 'max-failures' && state.ended !== 'stop-when') return
    state.paused = false
    const { when, timing, until } = this.rules
    const isKnown = when.kind === 'slots' && state.timing === timing
    const passed = isKnown ? when.slots.between(state.settled, Math.min(now, until), 1) : undefined
    state.settled = Math.max(state.settled, now)
    state.dueAt = Math.max(state.dueAt, now)
    state.failures = 0
    if (state.ended === 'max-failures' || state.ended === 'stop-when') state.ended = null
    this.news.push({ what: 'schedule:resume', event: { count: passed?.count ?? 0, more: passed?.more ?? false } })
  }

  /** Nothing that waits begins any more. */
  stop(): void {
    for (const firing of this.state.waiting) this.#skip(firing, 'stopped')
    this.state.waiting = []
  }

  get #isIdle(): boolean {
    return this.state.active.length === 0 && this.state.waiting.length === 0
  }

  /** What stands for a slot where there are none: each run has its own. */
  get #nextDue(): number {
    return Math.max(this.state.dueAt, this.state.settled + 1)
  }

  get #restMs(): number {
    const { failures } = this.state
    return failures === 0 ? 0 : Math.min(FIRST_REST * 2 ** (failures - 1), LONGEST_REST)
  }

  #settle(passed: Passed | undefined): void {
    if (passed === undefined) return
    const { due, missed, settled } = passed
    if (missed !== undefined) {
      this.#add('missed', missed.count)
      this.news.push({ what: 'schedule:miss', event: missed })
    }
    this.state.settled = settled
    for (const slot of due) {
      if (this.state.ended === null) this.offer(firingOf(this.rules.name, slot))
    }
  }

  #start(firing: Firing): 'started' {
    this.starts.push(firing)
    this.#count(firing)
    return 'started'
  }

  #count(firing: Firing): void {
    const { state } = this
    state.active = [...state.active, firing]
    if (firing.manual) this.#add('triggered')
    this.news.push({ what: 'schedule:fire', event: firing })
    if (!firing.manual && ++state.runs >= this.rules.maxRuns) this.#finish('max-runs')
  }

  #wait(before: readonly Firing[], firing: Firing): 'waiting' {
    this.state.waiting = [...before, firing]
    return 'waiting'
  }

  #add(what: keyof ScheduleCounts, count = 1): void {
    const { counts } = this.state
    this.state.counts = { ...counts, [what]: counts[what] + count }
  }

  #skip(firing: Firing, reason: SkipReason): 'skipped' {
    this.#add('skipped')
    this.news.push({ what: 'schedule:skip', event: { ...firing, reason } })
    return 'skipped'
  }

  /** Which of those that wait may begin: in a pause, what somebody has asked for. */
  #next(): Firing | undefined {
    const { active, waiting, paused } = this.state
    if (active.length >= limitOf(this.rules.overlap)) return undefined
    return paused ? waiting.find(({ manual }) => manual) : waiting[0]
  }

  /** Starts what has waited. */
  #goOn(): void {
    const { state } = this
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      state.waiting = state.waiting.filter((one) => one !== next)
      if (state.ended === null || isOutOfSlots(state) || next.manual) this.#start(next)
      else this.#skip(next, 'ended')
    }
  }

  #endIfOver(): void {
    const { state, rules } = this
    if (state.ended !== null) return
    if (rules.when.kind === 'after-end') {
      if (this.#isIdle && state.dueAt > rules.until) this.#finish('until')
      return
    }
    const next = rules.when.slots.next(state.settled)
    if (next === undefined) this.#finish('no-more-slots')
    else if (next > rules.until) this.#finish('until')
  }

  #finish(reason: EndReason): void {
    const { state } = this
    if (state.ended === null) this.news.push({ what: 'schedule:end', event: { reason } })
    if (state.ended === null || isOutOfSlots(state)) state.ended = reason
  }
}
