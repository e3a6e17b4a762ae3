import { type AnyPipeline, isPipelineError, type Pipe, PipelineError } from '@pipe/core'
import { Announcer } from '../announcer.ts'
import type { Events } from '../emitter.ts'
import { Background } from './background.ts'
import type { StateStore } from '@pipe/state'
import type { Draft } from './draft.ts'
import { Entry, type StartRun } from './entry.ts'
import { Executor } from './executor.ts'
import type { FinishedRun } from './firing.ts'
import { impatient } from './impatient.ts'
import { type Keeper, MemoryKeeper } from './keeper.ts'
import { Leadership } from './leadership.ts'
import type { News, SchedulerEventName, SchedulerHooks } from './news.ts'
import type { Plan } from './options.ts'
import { Rounds } from './rounds.ts'
import type { SchedulerSettings } from './scheduler-options.ts'
import { SharedRuns } from './shared-runs.ts'
import { StoreKeeper } from './store-keeper.ts'
import { WakeUps } from './wake-ups.ts'

/** Fires schedules: alarms say when, a draft says what, and a keeper sees to it that one at a time does it. */
export class Engine {
  readonly #announcer: Announcer<SchedulerEventName>
  readonly entries = new Map<string, Entry>()
  readonly keeper: Keeper
  readonly #pipe: Pipe<unknown>
  readonly #settings: SchedulerSettings
  readonly #wakeUps: WakeUps
  readonly #background: Background
  readonly #executor: Executor
  readonly #rounds: Rounds
  readonly #leadership: Leadership | undefined
  #shared: SharedRuns | undefined
  #leads = false
  #state: 'idle' | 'running' | 'stopped' = 'idle'
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  /** While it stops: when nothing is begun any more. */
  #settled: Promise<void> | undefined

  constructor(pipe: Pipe<unknown>, settings: SchedulerSettings) {
    const { clock, group, onError } = settings
    const store = settings.store && impatient(settings.store, clock)
    this.#pipe = pipe
    this.#settings = { ...settings, store }
    this.#announcer = new Announcer(pipe.events, onError)
    this.#background = new Background(onError)
    this.#wakeUps = new WakeUps(clock, onError, {
      look: (entry) => this.#wake(entry),
      setBack: () => this.#background.do(() => this.#rounds.goAnew()),
    })
    this.keeper = store === undefined ? new MemoryKeeper(clock) : new StoreKeeper(store, clock)
    this.#rounds = new Rounds(this.keeper, clock, {
      entries: this.entries,
      leads: () => this.#leads,
      arm: (entry, wakeAt) => this.#arm(entry, wakeAt),
      look: (entry) => this.#lookSafely(entry),
      settle: (entry, firing) =>
        this.#executor.settle(entry, firing).catch((error: unknown) => onError(error, entry.name)),
    })
    this.#executor = new Executor({
      shared: () => this.#shared,
      now: () => this.now,
      onError,
      ended: (entry, run) => this.#ended(entry, run),
      inBackground: (work) => this.#background.do(work),
    })
    this.#leadership =
      store &&
      new Leadership(store, clock, group, {
        lead: () => this.#background.do(() => this.#lead()),
        beat: () => this.#background.do(() => this.#rounds.go()),
        follow: () => this.#follow(),
        failed: onError,
      })
  }

  get events(): Events<SchedulerHooks> {
    return this.#announcer.events
  }

  get state(): 'idle' | 'running' | 'stopped' {
    return this.#state
  }

  get leads(): boolean {
    return this.#leads
  }

  /** The time by which slots are told, epoch ms. */
  get now(): number {
    return this.#rounds.now
  }

  async start(): Promise<void> {
    if (this.#state === 'running') return
    if (this.#state === 'stopped') {
      throw new PipelineError('SCHEDULE_STATE', 'The scheduler was stopped. Make another one.')
    }
    this.#state = 'running'
    this.#starting = this.#settings.store === undefined ? this.#lead() : this.#join(this.#settings.store)
    await this.#starting
  }

  /** Begins to share schedules with other processes. */
  async #join(store: StateStore): Promise<void> {
    try {
      await store.now() // one that cannot be asked is told of here
    } catch (error) {
      this.#state = 'idle'
      throw error
    }
    const entryOf = (runId: string) => this.entries.get(/^([^@]+)@/.exec(runId)?.[1] ?? '')
    this.#shared = await SharedRuns.open(this.#pipe, store, this.#settings, entryOf)
    if (this.#state === 'stopped') return
    this.#shared.recover(this.entries.values())
    await this.#leadership?.start()
  }

  /** Adds a schedule, or replaces what was known of it. */
  add(plan: Plan, pipeline: AnyPipeline, start: StartRun): void {
    if (this.#state === 'stopped') {
      throw new PipelineError('SCHEDULE_STATE', 'The scheduler was stopped: nothing can be added. Make another one.')
    }
    const { name } = plan.rules
    const entry = this.entries.get(name) ?? new Entry(plan, pipeline, start)
    Object.assign(entry, { plan, pipeline, start })
    this.entries.set(name, entry)
    this.#shared?.recover(this.entries.values())
    if (this.#leads) this.#wake(entry)
  }

  /** Does something to a schedule, as `Keeper.change` does, and what follows from it. */
  change(entry: Entry, change: (draft: Draft, now: number) => void): Promise<Draft> {
    return entry.inTurn(async () => {
      const { draft } = await this.keeper.change(entry.plan, async (draft, now, crashed) => {
        this.#rounds.learn(now) // before anything else takes time
        if (crashed) await this.#executor.adopt(draft, now)
        change(draft, now)
        await this.#executor.carryOut(entry, draft)
      })
      entry.known = draft.state
      for (const news of draft.news) this.#tell(entry, news)
      this.#arm(entry, draft.wakeAt)
      return draft
    })
  }

  /** Fires what has waited and what is due, unless that is by a timing that only who leads may bring. */
  pass(draft: Draft, now: number): void {
    if (this.#state === 'running' && (this.#leads || draft.isCurrent(now))) draft.pass(now)
  }

  /** Fires what is due of a schedule. */
  async #look(entry: Entry): Promise<void> {
    // Somebody else may lead since it was to be looked at.
    await this.change(entry, (draft, now) => (this.#leads ? draft.pass(now) : undefined))
  }

  async remove(entry: Entry): Promise<void> {
    this.entries.delete(entry.name)
    this.#wakeUps.clear(entry)
    await entry.inTurn(() => this.keeper.forget(entry.plan))
  }

  /**
   * Fires nothing any more, and waits for the runs that were started here; those that are left after `graceMs` are stopped.
   * Called again, it may shorten that.
   */
  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#settings
    const timer = graceMs === Infinity ? undefined : clock.setTimeout(() => this.#executor.stop(), graceMs)
    const stopping = (this.#stopping ??= this.#end())
    if (graceMs === 0) {
      await this.#settled
      this.#executor.stop()
    }
    await stopping
    clock.clearTimeout(timer)
  }

  async #end(): Promise<void> {
    this.#state = 'stopped'
    this.#follow()
    this.#wakeUps.close()
    this.#settled = (async () => {
      await this.#starting?.catch(() => undefined) // who started it is told
      await Promise.all([this.#leadership?.stop(), this.#shared?.stop()])
      await Promise.all([...this.entries.values()].map((entry) => this.#leave(entry)))
    })()
    await this.#settled
    await this.#executor.idle()
    await this.#background.idle()
  }

  /** What waits stays so for others, if there can be any. */
  #leave(entry: Entry): Promise<unknown> {
    if (this.#settings.store !== undefined) return entry.inTurn(() => Promise.resolve())
    return this.change(entry, (draft) => draft.stop())
  }

  /** This process fires from now on: it finds out where the schedules are. */
  async #lead(): Promise<void> {
    this.#leads = true
    this.#announcer.tell('scheduler:lead', { group: this.#settings.group })
    await this.#rounds.goAnew()
  }

  #follow(): void {
    if (!this.#leads) return
    this.#leads = false
    for (const entry of this.entries.values()) this.#wakeUps.clear(entry)
    this.#announcer.tell('scheduler:follow', { group: this.#settings.group })
  }

  /** Has a schedule looked at when something is to be done next. */
  #arm(entry: Entry, wakeAt: number): void {
    if (this.#leads && this.entries.get(entry.name) === entry) this.#wakeUps.set(entry, this.#rounds.here(wakeAt))
  }

  #lookSafely(entry: Entry): Promise<void> {
    return this.#look(entry).catch((error: unknown) => this.#again(entry, error))
  }

  #again(entry: Entry, error: unknown): void {
    if (isPipelineError(error, 'PIPE_CLOSED')) void this.stop(Infinity) // another process may have a pipe that is open
    if (this.#leads && this.entries.get(entry.name) === entry) this.#wakeUps.again(entry)
    this.#settings.onError(error, entry.name)
  }

  #wake(entry: Entry): void {
    this.#background.do(() => this.#lookSafely(entry))
  }

  #tell({ name }: Entry, { what, event }: News): void {
    // The pairs belong together, which the compiler cannot know of a union.
    ;(this.#announcer.tell as (what: string, event: unknown) => void).call(this.#announcer, what, { name, ...event })
  }

  /** A run has ended. What was removed meanwhile has nothing to keep. */
  async #ended(entry: Entry, run: FinishedRun): Promise<void> {
    if (this.entries.get(entry.name) !== entry) return
    await this.change(entry, (draft, now) => {
      // What follows back to back waits for its alarm, or the event loop would never have its turn.
      if (draft.end(run) && draft.rules.when.kind === 'slots') this.pass(draft, now)
    })
  }
}
