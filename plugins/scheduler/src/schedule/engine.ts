import { type AnyPipeline, type Pipe, PipelineError } from '@pipe/core'
import { Announcer } from '../announcer.ts'
import type { Events } from '../emitter.ts'
import { Background } from './background.ts'
import type { StateStore } from '@pipe/state'
import type { Draft } from './draft.ts'
import { Entry, type StartRun, unknownSchedule } from './entry.ts'
import { Executor } from './executor.ts'
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
    this.#wakeUps = new WakeUps(clock, {
      onError,
      leads: (entry) => this.#leads && this.has(entry),
      look: (entry) => this.#look(entry),
      setBack: () => this.#background.do(() => this.#rounds.goAnew()),
      closed: () => void this.stop(Infinity), // another process may have a pipe that is open
      inBackground: (work) => this.#background.do(work),
    })
    this.keeper = store === undefined ? new MemoryKeeper(clock) : new StoreKeeper(store, clock, group)
    this.#rounds = new Rounds(this.keeper, clock, {
      entries: this.entries,
      leads: () => this.#leads,
      arm: (entry, at) => this.#wakeUps.set(entry, this.#rounds.here(at)),
      look: (entry) => this.#wakeUps.look(entry),
      settle: (entry, firing) => this.#executor.settle(entry, firing),
    })
    this.#executor = new Executor({
      shared: () => this.#shared,
      recorded: async (id) => await store?.get(id),
      now: () => this.now,
      onError,
      has: (entry) => this.has(entry),
      change: (entry, change) => this.change(entry, change),
      pass: (draft, now) => this.pass(draft, now),
      failed: (entry, error) => this.#wakeUps.failed(entry, error),
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

  /** Whether a schedule is there, and was not removed. */
  has(entry: Entry): boolean {
    return this.entries.get(entry.name) === entry
  }

  /** Whether runs can be begun. */
  get isReady(): boolean {
    return this.#state === 'running' && (this.#leadership === undefined || this.#shared !== undefined)
  }

  /** The time by which slots are told, epoch ms. */
  get now(): number {
    return this.#rounds.now
  }

  start(): Promise<void> {
    if (this.#state === 'stopped') {
      return Promise.reject(new PipelineError('SCHEDULE_STATE', 'The scheduler was stopped. Make another one.'))
    }
    if (this.#state === 'idle') {
      this.#state = 'running'
      this.#starting = this.#begin()
    }
    return this.#starting!
  }

  async #begin(): Promise<void> {
    const { store } = this.#settings
    if (store !== undefined) await this.#join(store)
    for (const entry of this.entries.values()) entry.since = this.now
    if (this.#leadership === undefined) await this.#lead()
    else if (this.#state === 'running') {
      this.#shared?.recover()
      await this.#leadership.start()
    }
  }

  /** Makes sure of what processes have in common. What cannot be asked, or does not fit, is told of here. */
  async #join(store: StateStore): Promise<void> {
    try {
      this.#rounds.learn(await store.now())
      this.#shared = await SharedRuns.open(this.#pipe, store, this.#settings, this.entries)
    } catch (error) {
      if (this.#state === 'running') this.#state = 'idle'
      throw error
    }
  }

  /** Adds a schedule, or replaces what was known of it. */
  add(plan: Plan, pipeline: AnyPipeline, start: StartRun): void {
    const { name } = plan.rules
    const known = this.entries.get(name)
    const entry = known?.isLeaving === false ? known : new Entry(plan, pipeline, start, this.now, known)
    Object.assign(entry, { plan, pipeline, start })
    this.entries.set(name, entry)
    this.#shared?.recover()
    if (this.#leads) this.#wakeUps.wake(entry)
  }

  /** Does something to a schedule, as `Keeper.change` does, and what follows from it. */
  change(entry: Entry, change: (draft: Draft, now: number) => void): Promise<Draft> {
    return entry.inTurn(async () => {
      if (!this.has(entry)) throw unknownSchedule(entry.name, this.entries.keys())
      const { draft } = await this.keeper.change(entry.plan.rules, entry.since, async (draft, now, crashed) => {
        this.#rounds.learn(now) // before anything else takes time
        draft.leads = this.#leads
        if (crashed) await this.#executor.adopt(entry, draft, now)
        change(draft, now)
        await this.#executor.carryOut(entry, draft)
      })
      entry.known = draft.state
      entry.isNewer = true
      for (const news of draft.news) this.tell(entry, news)
      this.#wakeUps.set(entry, this.#rounds.here(draft.wakeAt))
      return draft
    })
  }

  /**
   * Fires what has waited and what is due with something else that is done to a schedule, unless that is for who leads: what
   * comes by another timing, and what follows back to back, or the event loop would never have its turn.
   */
  pass(draft: Draft, now: number): void {
    const isOurs = this.#leads || draft.isCurrent(now)
    if (this.isReady && isOurs && draft.rules.when.kind === 'slots') draft.pass(now)
  }

  /** Fires what is due of a schedule. */
  async #look(entry: Entry): Promise<void> {
    // Somebody else may lead since it was to be looked at.
    await this.change(entry, (draft, now) => (this.#leads ? draft.pass(now) : undefined))
  }

  /** Has a schedule no more. */
  drop(entry: Entry): void {
    if (!this.has(entry)) return
    this.entries.delete(entry.name)
    this.#wakeUps.clear(entry)
  }

  /** Fires nothing any more, and waits for the runs that go on here; stops them after `graceMs`. Called again, it may shorten that. */
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
  async #leave(entry: Entry): Promise<void> {
    await entry.inTurn(() => Promise.resolve())
    if (this.#settings.store === undefined && this.has(entry)) await this.change(entry, (draft) => draft.dismiss())
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

  /** Tells something of a schedule. */
  tell({ name }: Entry, { what, event }: News): void {
    // The pairs belong together, which the compiler cannot know of a union.
    ;(this.#announcer.tell as (what: string, event: unknown) => void).call(this.#announcer, what, { name, ...event })
  }
}
