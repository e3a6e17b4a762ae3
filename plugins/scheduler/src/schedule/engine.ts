import { type AnyPipeline, type Pipe, PipelineError, uuidv7 } from '@pipe/core'
import { Emitter } from '../emitter.ts'
import { Alarms } from '../timing/alarms.ts'
import type { Draft } from './draft.ts'
import { Entry, type StartRun } from './entry.ts'
import { Executor } from './executor.ts'
import type { FinishedRun, Firing } from './firing.ts'
import { type Keeper, MemoryKeeper } from './keeper.ts'
import { Leadership } from './leadership.ts'
import type { News, SchedulerHooks } from './news.ts'
import type { Plan } from './options.ts'
import type { SchedulerSettings } from './scheduler-options.ts'
import { SharedRuns } from './shared-runs.ts'
import { isSameNext } from './state.ts'
import { StoreKeeper } from './store-keeper.ts'

/** Clocks that are so far apart, ms, are not so because an answer took its time. */
const OFF = 1_000

/** What could not be done to a schedule is tried again after so long, ms. */
const AGAIN = 1_000

/** Fires schedules: alarms say when, a draft says what, and a keeper sees to it that one at a time does it. */
export class Engine {
  readonly events: Emitter<SchedulerHooks>
  readonly entries = new Map<string, Entry>()
  readonly #pipe: Pipe<unknown>
  readonly #settings: SchedulerSettings
  readonly #keeper: Keeper
  readonly #alarms: Alarms
  readonly #executor: Executor
  readonly #leadership: Leadership | undefined
  #shared: SharedRuns | undefined
  #leads = false
  #state: 'idle' | 'running' | 'stopped' = 'idle'
  /** How far the clock by which slots are told is ahead of that of the process, ms. */
  #ahead = 0
  /** What is being done that nobody waits for. */
  readonly #busy = new Set<Promise<unknown>>()

  constructor(pipe: Pipe<unknown>, settings: SchedulerSettings) {
    const { store, clock, onError } = settings
    this.#pipe = pipe
    this.#settings = settings
    this.events = new Emitter(onError)
    this.#alarms = new Alarms(clock, onError)
    this.#keeper = store === undefined ? new MemoryKeeper(clock) : new StoreKeeper(store, clock)
    this.#executor = new Executor({
      shared: () => this.#shared,
      now: () => this.now,
      onError,
      ended: (entry, run) => this.#end(entry, run),
      inBackground: (work) => this.#inBackground(work),
    })
    this.#leadership =
      store &&
      new Leadership(store, clock, {
        lead: () => this.#inBackground(() => this.#lead()),
        beat: () => this.#inBackground(() => this.#refresh()),
        follow: () => this.#follow(),
        failed: onError,
      })
  }

  get state(): 'idle' | 'running' | 'stopped' {
    return this.#state
  }

  get leads(): boolean {
    return this.#leads
  }

  /** The time by which slots are told, epoch ms. */
  get now(): number {
    return this.#settings.clock.now() + this.#ahead
  }

  get keeper(): Keeper {
    return this.#keeper
  }

  async start(): Promise<void> {
    if (this.#state === 'running') return
    if (this.#state === 'stopped') {
      throw new PipelineError('SCHEDULE_STATE', 'The scheduler was stopped. Make another one.')
    }
    this.#state = 'running'
    const { store } = this.#settings
    if (store === undefined) {
      await this.#lead()
      return
    }
    const entryOf = (runId: string) => this.entries.get(/^([^@]+)@/.exec(runId)?.[1] ?? '')
    this.#shared = await SharedRuns.open(this.#pipe, store, this.#settings, entryOf)
    for (const { pipeline } of this.entries.values()) this.#shared.recover(pipeline)
    await this.#leadership?.start()
  }

  /** Adds a schedule, or replaces what was known of it. */
  add(plan: Plan, pipeline: AnyPipeline, start: StartRun): void {
    const { name } = plan.rules
    const entry = this.entries.get(name) ?? new Entry(plan, pipeline, start)
    Object.assign(entry, { plan, pipeline, start })
    this.entries.set(name, entry)
    this.#shared?.recover(pipeline)
    if (this.#leads) this.#wake(entry)
  }

  /** Does something to a schedule, as `Keeper.change` does, and what follows from it. */
  change(entry: Entry, change: (draft: Draft, now: number) => void): Promise<Draft> {
    return entry.inTurn(async () => {
      const { draft } = await this.#keeper.change(entry.plan, async (draft, now, crashed) => {
        this.#ahead = now - this.#settings.clock.now() // before anything else takes time
        if (crashed) await this.#executor.adopt(draft, now)
        change(draft, now)
        for (const firing of draft.cancels) await this.#executor.cancel(entry, firing)
        for (const firing of draft.starts) await this.#executor.begin(entry, firing)
      })
      entry.known = draft.state
      for (const news of draft.news) this.#tell(entry, news)
      this.#arm(entry, draft.wakeAt)
      return draft
    })
  }

  /** Fires what is due of a schedule. */
  async look(entry: Entry): Promise<void> {
    await this.change(entry, (draft, now) => {
      if (this.#leads) draft.pass(now) // somebody else may lead since it was to be looked at
    })
  }

  /** Starts a run of a schedule now. */
  async trigger(entry: Entry): Promise<{ readonly id: string; readonly outcome: ReturnType<Draft['offer']> }> {
    if (this.#state !== 'running') {
      const message = `The scheduler is ${this.#state}: nothing can be triggered. Start it first.`
      throw new PipelineError('SCHEDULE_STATE', message)
    }
    const token = uuidv7().slice(-8)
    let firing: Firing | undefined
    let outcome: ReturnType<Draft['offer']> | undefined
    await this.change(entry, (draft, now) => {
      // One run, also when this is done again.
      firing ??= { id: `${entry.name}@${new Date(now).toISOString()}:${token}`, slot: now, manual: true }
      outcome = draft.offer(firing)
    })
    return { id: firing!.id, outcome: outcome! }
  }

  async remove(entry: Entry): Promise<void> {
    this.entries.delete(entry.name)
    this.#alarms.clear(entry.name)
    await entry.inTurn(() => this.#keeper.forget(entry.plan))
  }

  /** Fires nothing any more, and waits for the runs that were started here; those that are left after `graceMs` are stopped. */
  async stop(graceMs: number): Promise<void> {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#follow()
    this.#alarms.close()
    await Promise.all([this.#leadership?.stop(), this.#shared?.stop()])
    const runs = () => [...this.entries.values()].flatMap((entry) => [...entry.runs.values()])
    const { clock } = this.#settings
    const stop = () => {
      const reason = new PipelineError('SHUTDOWN', 'The scheduler is stopped: the run was not done in time.')
      for (const { run } of runs()) run.cancel(reason)
    }
    const timer = graceMs === Infinity || graceMs === 0 ? undefined : clock.setTimeout(stop, graceMs)
    await Promise.all([...this.entries.values()].map((entry) => entry.inTurn(() => Promise.resolve())))
    if (graceMs === 0) stop()
    await Promise.all(runs().map(({ over }) => over))
    while (this.#busy.size > 0) await Promise.allSettled(this.#busy)
    clock.clearTimeout(timer)
  }

  /** This process fires from now on: it finds out where the schedules are. */
  async #lead(): Promise<void> {
    this.#leads = true
    // Whatever is known of them, no alarm is set.
    for (const entry of this.entries.values()) entry.known = undefined
    this.events.emit('scheduler:lead')
    await this.#refresh()
  }

  /** Finds out what others have done to the schedules: those that are due, or were changed, are looked at. */
  async #refresh(): Promise<void> {
    const { states, now } = await this.#keeper.readAll()
    const ahead = now - this.#settings.clock.now()
    // A clock was set, or the process stood still while it asked for the time: no alarm is right any more.
    const isOff = Math.abs(ahead - this.#ahead) > OFF
    this.#ahead = ahead
    for (const entry of this.entries.values()) {
      if (!this.#leads) return
      const state = states.get(entry.name)
      const isNews = isOff || state === undefined || entry.known === undefined || !isSameNext(state, entry.known)
      entry.known = state
      if (isNews) await this.look(entry).catch((error: unknown) => this.#tryAgain(entry, error))
      for (const firing of entry.elsewhere) await this.#executor.settle(entry, firing).catch(this.#settings.onError)
    }
  }

  #follow(): void {
    if (!this.#leads) return
    this.#leads = false
    for (const { name } of this.entries.values()) this.#alarms.clear(name)
    this.events.emit('scheduler:follow')
  }

  /** Sets the alarm for what is to be done next. */
  #arm(entry: Entry, wakeAt: number): void {
    const { name } = entry
    if (!this.#leads || this.entries.get(name) !== entry) return
    if (wakeAt === Infinity) this.#alarms.clear(name)
    else this.#alarms.set(name, Math.max(wakeAt - this.#ahead, entry.restsUntil), () => this.#wake(entry))
  }

  #wake(entry: Entry): void {
    this.#inBackground(() => this.look(entry).catch((error: unknown) => this.#tryAgain(entry, error)))
  }

  #tryAgain(entry: Entry, error: unknown): void {
    this.#settings.onError(error)
    entry.restsUntil = this.#settings.clock.now() + AGAIN
    this.#arm(entry, this.now)
  }

  #inBackground(work: () => Promise<unknown>): void {
    const doing = work()
      .catch((error: unknown) => this.#settings.onError(error))
      .finally(() => this.#busy.delete(doing))
    this.#busy.add(doing)
  }

  #tell({ name }: Entry, { what, event }: News): void {
    // The pairs belong together, which the compiler cannot know of a union.
    ;(this.events.emit as (what: string, event: unknown) => void).call(this.events, what, { name, ...event })
  }

  async #end(entry: Entry, run: FinishedRun): Promise<void> {
    await this.change(entry, (draft, now) => {
      if (draft.end(run) && this.#state === 'running') draft.pass(now)
    })
  }
}
