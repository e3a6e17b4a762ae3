import { type Clock, createPipe, PipelineError } from '@pipe/core'
import { createScheduler, type ScheduleOptions, type SchedulerHooks } from '@pipe/scheduler'
import { durable, memoryStore, type StateStore } from '@pipe/state'
import { SECOND, work, passing } from '../support.ts'

/** What happens to a call of a store: it fails and does nothing, it does all and its answer is lost, or it takes its time. */
export type Fault = 'before' | 'after' | Promise<void>

/** Which calls of a store a fault happens to. */
export type Faults = (method: string, args: readonly unknown[]) => Fault | undefined

/** A fault that happens once: to the first call of a method that is about what is kept of a schedule, or a later one. */
export function once(method: keyof StateStore, fault: Fault | (() => Fault), nth = 1): Faults {
  let calls = 0
  return (name, [run]) => {
    const id = typeof run === 'object' ? (run as { readonly id?: unknown }).id : run
    if (name !== method || !String(id).startsWith('schedule/') || ++calls !== nth) return undefined
    return typeof fault === 'function' ? fault() : fault
  }
}

/** What a scheduler tells of its schedules. */
type What = Exclude<keyof SchedulerHooks, `scheduler:${string}`>
type Told = { [K in What]: { readonly what: K } & Parameters<SchedulerHooks[K]>[0] }[What]

const EVENTS: readonly What[] = [
  'schedule:fire',
  'schedule:run-end',
  'schedule:skip',
  'schedule:miss',
  'schedule:end',
  'schedule:pause',
  'schedule:resume',
]

/** A store as one process sees it. */
function viewOf(store: StateStore) {
  let faults: Faults = () => undefined
  let isDead = false
  const never = () => new Promise<never>(() => undefined)
  const lost = (what: string) => new PipelineError('STORE_UNAVAILABLE', `The store is away: ${what} is lost.`)
  const view = new Proxy(store, {
    get: (target, name: keyof StateStore) => {
      const one: unknown = Reflect.get(target, name)
      if (typeof one !== 'function' || name === 'watch') return one // which answers nothing
      const call = async (args: readonly unknown[]): Promise<unknown> => {
        const fault = faults(name, args)
        if (fault instanceof Promise) await fault
        if (fault === 'before') throw lost(name)
        const answer: unknown = await Reflect.apply(one, target, args)
        if (fault === 'after') throw lost(`the answer to ${name}`)
        return answer
      }
      return (...args: unknown[]) => (isDead ? never() : call(args).finally(() => (isDead ? never() : undefined)))
    },
  })
  return { view, meet: (given: Faults) => void (faults = given), kill: () => void (isDead = true) }
}

/**
 * Processes that share a store in memory and a fake clock, 2 s off the minutes. Calls of each of them may fail, take their
 * time, or never be answered any more; what all of them tell, and the errors they report, is collected.
 *
 * @param storeClock the clock of the store, if it is another one
 */
export async function shared(one = work(), storeClock: Clock = one.clock) {
  const { clock, job } = one
  const store = memoryStore({ clock: storeClock })
  await store.open()
  const pass = passing(clock, 8)
  const told: Told[] = []
  const errors: unknown[] = []
  const newProcess = (group?: string) => {
    const { view, meet, kill } = viewOf(store)
    const pipe = createPipe({ clock, plugins: [durable({ store: view, lease: '10s' })] })
    const onError = (error: unknown) => void errors.push(error)
    const scheduler = createScheduler(pipe, { store: view, clock, onError, ...(group !== undefined && { group }) })
    for (const what of EVENTS) {
      scheduler.events.on(what, (event: object) => void told.push({ what, ...event } as Told))
    }
    return {
      pipe,
      scheduler,
      /** From now on its calls of the store have these faults. */
      meet,
      /** From now on it is as good as dead: none of its calls is answered. */
      kill,
    }
  }
  await pass(2 * SECOND)
  return {
    ...one,
    store,
    pass,
    told,
    /** What was told of this, by all processes. */
    toldOf: <K extends What>(...names: K[]) =>
      told.filter((event): event is Extract<Told, { readonly what: K }> => (names as What[]).includes(event.what)),
    errors,
    newProcess,
    /** A process with the schedule "poll", that has started. */
    startProcess: async (options: ScheduleOptions, faults?: Faults) => {
      const process = newProcess()
      if (faults !== undefined) process.meet(faults)
      process.scheduler.add('poll', job, options)
      await process.scheduler.start()
      await pass(0)
      return process
    },
    end: async () => {
      await one.end()
      await pass(0)
    },
  }
}
