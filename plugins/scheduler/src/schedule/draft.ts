import { adaptation, keptWhen } from './adapt.ts'
import { firingOf, type FinishedRun, type Firing } from './firing.ts'
import type { News, SkipReason } from './news.ts'
import { limitOf, MOST_WAITING, nextOf } from './overlap.ts'
import { type Missed, missedOf, type Passed, passedSlots } from './passed.ts'
import { isSpent, type Rules } from './rules.ts'
import {
  type EndReason,
  isIdle,
  isOutOfSlots,
  LONGEST_MESSAGE,
  nextDue,
  restMs,
  type ScheduleCounts,
  type ScheduleState,
} from './state.ts'

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
  /** Whether who does this leads, and so decides when the schedule has ended: others may have other rules. */
  leads = false
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
    if (nextOf(state, rules.overlap) !== undefined) return 0
    if (state.paused || state.ended !== null) return Infinity
    if (isSpent(state, rules)) return 0
    if (rules.when.kind === 'after-end') {
      if (!isIdle(state)) return Infinity
      return state.dueAt > rules.until ? 0 : state.dueAt
    }
    const next = rules.when.slots.next(state.settled)
    return next === undefined ? Infinity : rules.fireTime(next)
  }

  /** Whether what is kept is what is asked of it here; if not, who leads goes on from `now`. */
  isCurrent(now: number): boolean {
    return adaptation(this.state, this.rules, now) === undefined
  }

  /** Fires what has waited and what is due. */
  pass(now: number): void {
    const { state, rules } = this
    const anew = adaptation(state, rules, now)
    Object.assign(state, anew?.state)
    // What has waited is to give way to what is due.
    if (rules.overlap !== 'cancel-other') this.#goOn()
    this.#settle(anew?.passed)
    this.#endIfOver()
    if (!state.paused && state.ended === null && !isSpent(state, rules)) {
      if (rules.when.kind === 'slots') this.#settle(passedSlots(rules.when.slots, rules, state.settled, now))
      // When it is due was reckoned anew: that has to be kept before, or who finds half of this done looks for another run.
      else if (anew === undefined && isIdle(state) && state.dueAt <= Math.min(now, rules.until)) {
        state.settled = nextDue(state)
        this.offer(firingOf(rules.name, state.settled))
      }
    }
    this.#goOn()
    this.#endIfOver()
  }

  /** Doubtful ones, ascending, or others that go on here and are not known: they were started. */
  adopt(found: readonly Firing[]): void {
    const { state, rules } = this
    const slots = found.filter(({ manual, slot }) => !manual && slot > state.settled).map(({ slot }) => slot)
    const last = slots.at(-1)
    const when = keptWhen(state, rules)
    if (last !== undefined && when?.kind === 'slots') this.#miss(missedOf(when.slots, state.settled, last, slots))
    state.settled = Math.max(state.settled, ...slots)
    state.waiting = state.waiting.filter(({ id }) => found.every((one) => one.id !== id))
    for (const firing of found) this.#count(firing)
  }

  /** A firing wants to run. Answers whether it runs, or waits. */
  offer(firing: Firing): 'started' | 'waiting' | 'skipped' {
    const { overlap } = this.rules
    const { active, waiting } = this.state
    if (active.some(({ id }) => id === firing.id)) return 'started' // it was found
    const isFree = active.length < limitOf(overlap)
    if (isFree && (firing.manual || waiting.length === 0)) return this.#start(firing)
    if (overlap === 'cancel-other') {
      this.cancels.push(...active)
      for (const other of waiting) this.#skip(other, 'superseded')
      return this.#wait([], firing)
    }
    if (overlap === 'buffer-one' && waiting.length === 0) return this.#wait([], firing)
    if (overlap === 'buffer-all') {
      if (waiting.length < MOST_WAITING) return this.#wait(waiting, firing)
      return this.#skip(firing, 'buffer-full')
    }
    return this.#skip(firing, 'overlap')
  }

  /** A run has ended; what waits for that begins with the next `pass`. Answers whether that is news. */
  end(run: FinishedRun, now: number): boolean {
    const { state, rules } = this
    if (!state.active.some(({ id }) => id === run.id)) return false
    const { id, slot, status, error } = run
    const endedAt = Math.min(run.endedAt, now) // by another clock it may be later
    state.active = state.active.filter((one) => one.id !== id)
    const message = error?.message.slice(0, LONGEST_MESSAGE)
    state.last = { id, slot, status, endedAt, ...(message !== undefined && { error: message }) }
    this.#add(status)
    if (status !== 'cancelled') state.failures = status === 'failed' ? state.failures + 1 : 0
    const when = keptWhen(state, rules)
    if (when?.kind === 'after-end') state.dueAt = endedAt + Math.max(when.delayMs, restMs(state.failures))
    this.news.push({ what: 'schedule:run-end', event: { ...run, endedAt } })
    if (rules.stopWhen(run)) this.#finish('stop-when')
    else this.#endIfSpent()
    return true
  }

  pause(): void {
    if (this.state.paused) return
    this.state.paused = true
    this.news.push({ what: 'schedule:pause', event: {} })
  }

  /** Slots that have passed meanwhile are left alone, and told. One that has ended for its failures, or its condition, begins again. */
  resume(now: number): void {
    const { state, rules } = this
    if (!state.paused && state.ended !== 'max-failures' && state.ended !== 'stop-when') return
    const when = keptWhen(state, rules)
    const until = Math.min(now, rules.until)
    const passed = when?.kind === 'slots' ? when.slots.between(state.settled, until, 1) : undefined
    state.paused = false
    if (state.timing === '') state.timing = rules.timing
    state.settled = Math.max(state.settled, now)
    state.dueAt = Math.max(state.dueAt, now)
    state.failures = 0
    if (state.ended === 'max-failures' || state.ended === 'stop-when') state.ended = null
    this.news.push({ what: 'schedule:resume', event: { count: passed?.count ?? 0, more: passed?.more ?? false } })
  }

  /** Nothing that waits begins any more. */
  dismiss(): void {
    for (const firing of this.state.waiting) this.#skip(firing, 'stopped')
    this.state.waiting = []
  }

  #settle(passed: Passed | undefined): void {
    const { state, rules } = this
    if (passed === undefined) return
    this.#miss(passed.missed)
    state.settled = passed.settled
    const due = passed.due.map((slot) => firingOf(rules.name, slot))
    // The last of several would cancel those before it.
    const superseded = rules.overlap === 'cancel-other' ? due.splice(0, due.length - 1) : []
    for (const firing of superseded) this.#skip(firing, 'superseded')
    for (const firing of due) {
      if (state.ended === null && !isSpent(state, rules)) this.offer(firing)
    }
  }

  #miss(event: Missed | undefined): void {
    if (event === undefined) return
    this.#add('missed', event.count)
    this.news.push({ what: 'schedule:miss', event })
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
    if (firing.manual) return
    state.runs++
    this.#endIfSpent()
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

  /** Starts what has waited. */
  #goOn(): void {
    const { state, rules } = this
    for (;;) {
      const next = nextOf(state, rules.overlap)
      if (next === undefined) return
      state.waiting = state.waiting.filter((one) => one !== next)
      if (state.ended === null || isOutOfSlots(state) || next.manual) this.#start(next)
      else this.#skip(next, 'ended')
    }
  }

  #endIfSpent(): void {
    const { state, rules } = this
    if (this.leads && isSpent(state, rules)) this.#finish(state.runs >= rules.maxRuns ? 'max-runs' : 'max-failures')
  }

  #endIfOver(): void {
    const { state, rules } = this
    if (!this.leads || state.paused || state.ended !== null) return
    this.#endIfSpent()
    if (rules.when.kind === 'after-end') {
      if (isIdle(state) && state.dueAt > rules.until) this.#finish('until')
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
