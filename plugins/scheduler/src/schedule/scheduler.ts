import {
  type AnyPipeline,
  checkOptions,
  type Duration,
  type OptionRules,
  type Pipe,
  type Pipeline,
  PipelineError,
  plan,
  type RunArguments,
  type RunOptions,
  toMs,
} from '@pipe/core'
import type { Events } from '../emitter.ts'
import { pause, remove, resume, trigger, type Triggered } from './commands.ts'
import { Engine } from './engine.ts'
import { type Entry, unknownSchedule } from './entry.ts'
import { infoOf, type ScheduleInfo } from './info.ts'
import type { SchedulerHooks } from './news.ts'
import { planOf, type ScheduleOptions } from './options.ts'
import { type SchedulerOptions, schedulerSettingsOf } from './scheduler-options.ts'

/** How a scheduler is stopped. */
export interface StopOptions {
  /**
   * How long runs that go on here may take to end; then they are stopped with `SHUTDOWN`, and what is recorded of them is
   * gone on with by others. 0 stops them at once. Default, and above 24 days: no limit.
   */
  readonly grace?: Duration
}

/** What a run of a pipeline with the requirements `Q` takes, besides its input, in a pipe with the services `S`. */
type Needed<Q, S> = RunArguments<Pipeline<undefined, unknown, Q>, S, RunOptions>

/** Options of a schedule; among them the services that the pipe lacks. */
type Scheduled<I, Q, S> =
  [] extends Needed<Q, S>
    ? ScheduleOptions<I>
    : ScheduleOptions<I> & { readonly options: Pick<Extract<Needed<Q, S>[1], object>, 'services'> }

/** What is done with schedules, whatever they run: of any scheduler. */
export interface Schedules extends AsyncDisposable {
  /** What happens, in this process. */
  readonly events: Events<SchedulerHooks>
  /** `idle` until it is started. */
  readonly state: 'idle' | 'running' | 'stopped'
  /** Whether this process fires the schedules. Without a store it does from `start` to `stop`; with one, one process does. */
  readonly leads: boolean
  /**
   * Fires from now on: what was missed while nobody was there, then what becomes due.
   *
   * Rejects with `SCHEDULE_STATE` when it was stopped, with `OPTION_INVALID` when it has a store and the pipe no `durable()`,
   * and with what the store rejects with.
   */
  start(): Promise<void>
  /**
   * Fires nothing more, and waits for the runs that go on here; with a store, another process leads within seconds. The
   * pipe stays open. May be called again.
   */
  stop(options?: StopOptions): Promise<void>
  /** Lets a schedule fire no more until it is resumed, in all processes. Runs go on. Rejects with `SCHEDULE_UNKNOWN`. */
  pause(name: string): Promise<void>
  /**
   * Ends a pause; slots that have passed meanwhile are left alone. A schedule that has ended for its failures or its
   * condition begins again. Rejects with `SCHEDULE_UNKNOWN`.
   */
  resume(name: string): Promise<void>
  /**
   * Starts a run now, also while the schedule is paused or has ended, as its `overlap` allows. Rejects with
   * `SCHEDULE_UNKNOWN`, and with `SCHEDULE_STATE` unless the scheduler is running.
   */
  trigger(name: string): Promise<Triggered>
  /** Removes a schedule, and forgets what is kept of it; runs go on. Rejects with `SCHEDULE_UNKNOWN`. */
  remove(name: string): Promise<void>
  /** How a schedule is; `undefined` when there is none of that name. */
  get(name: string): Promise<ScheduleInfo | undefined>
  /** How all are, by name. */
  list(): Promise<readonly ScheduleInfo[]>
}

/** Runs pipelines of a pipe with the services `S` at times. Made by {@link createScheduler}. */
export interface Scheduler<S = Record<never, never>> extends Schedules {
  /**
   * Adds a schedule, or gives the one of that name other options: slots of another timing come from now on, those that both
   * have stay due, and whatever it counts stays. Before `start` or after; all processes that share a store should add the same.
   *
   * @param name 1 to 150 characters of `A-Z a-z 0-9 . _ : + = -` and `/`. Runs are called by it: `report@2026-07-01T06:00:00.000Z`
   * @throws PipelineError `OPTION_INVALID`, `DEFINITION_INVALID`
   */
  add<I, O, Q>(name: string, pipeline: Pipeline<I, O, Q>, options: Scheduled<I, Q, S>): void
}

/** A pipe for a pipeline whose types are known elsewhere. */
interface UntypedPipe {
  readonly start: (pipeline: AnyPipeline, input: unknown, options: RunOptions) => ReturnType<Entry['start']>
}

/** What a timer waits at most, ms. */
const LONGEST_GRACE = 2 ** 31 - 1

const ofStop: OptionRules<StopOptions> = { grace: ['', () => true] } // toMs knows better

/**
 * Makes a scheduler for the pipelines of a pipe.
 *
 * ```ts
 * const scheduler = createScheduler(pipe)
 * scheduler.add('report', report, { cron: '0 6 * * *', timezone: 'Europe/Berlin' })
 * scheduler.add('poll', poll, { every: '10s' })
 * await scheduler.start()
 * ```
 * @throws PipelineError `OPTION_INVALID`
 */
export function createScheduler<S>(pipe: Pipe<S>, options: SchedulerOptions = {}): Scheduler<S> {
  const settings = schedulerSettingsOf(pipe, options)
  const engine = new Engine(pipe, settings)
  const entryOf = (name: string): Entry => {
    const entry = engine.entries.get(name)
    if (entry === undefined) throw unknownSchedule(name, engine.entries.keys())
    return entry
  }
  const stop = async (given: StopOptions = {}) => {
    const { grace = Infinity } = checkOptions(given, ofStop, { owner: 'stop()' })
    const ms = toMs(grace, 'option `grace` of stop()')
    await engine.stop(ms > LONGEST_GRACE ? Infinity : ms)
  }
  const scheduler: Scheduler<S> = {
    events: engine.events,
    get state() {
      return engine.state
    },
    get leads() {
      return engine.leads
    },
    add: (name, pipeline, given) => {
      if (engine.state === 'stopped') {
        throw new PipelineError('SCHEDULE_STATE', 'The scheduler was stopped: nothing can be added. Make another one.')
      }
      // Whether input and services fit was asked of who calls `add`; pipes and options have no types inside.
      const { start } = pipe as unknown as UntypedPipe
      const checked = planOf(name, given, settings.onError)
      plan(pipeline) // one that is none is refused here, not when it fires
      engine.add(checked, pipeline, (input, own) => start(pipeline, input, own))
    },
    start: () => engine.start(),
    stop,
    pause: async (name) => await pause(engine, entryOf(name)),
    resume: async (name) => await resume(engine, entryOf(name)),
    trigger: async (name) => await trigger(engine, entryOf(name)),
    remove: async (name) => await remove(engine, entryOf(name)),
    get: async (name) => {
      const entry = engine.entries.get(name)
      return entry && infoOf(entry, await engine.keeper.read(name), engine.now)
    },
    list: async () => {
      const { states, now } = await engine.keeper.readAll()
      const names = [...engine.entries.keys()].sort()
      return names.map((name) => infoOf(entryOf(name), states.get(name), now))
    },
    [Symbol.asyncDispose]: () => stop(),
  }
  return scheduler
}
