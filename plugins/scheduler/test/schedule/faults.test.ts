import { createPipe, pipeline, PipelineError, type } from '@pipe/core'
import { createScheduler, type ScheduleSettings } from '@pipe/scheduler'
import { durable, memoryStore, runsIn, type StateStore } from '@pipe/state'
import { fakeClock, type FakeClock } from '@pipe/testing'
import { describe, expect, test, vi } from 'vitest'
import { SECOND } from './support.ts'

/** What happens at a call of a store, seen by who calls. */
type Fault =
  /** It does nothing. */
  | 'fails'
  /** It does all of it, and the answer is lost. */
  | 'is not answered'
  /** The process dies before it. */
  | 'dies before'
  /** The process dies after it. */
  | 'dies after'

/** A store that has a fault at the call `at`, the first being 0; one that died answers nothing any more. */
function faulty(store: StateStore, fault: Fault, at: number) {
  let calls = -Infinity
  let isDead = false
  let met = ''
  const never = () => new Promise<never>(() => undefined)
  const lost = () => new PipelineError('STORE_UNAVAILABLE', 'The store is away.')
  const around =
    (method: string, call: (...args: unknown[]) => Promise<unknown>) =>
    async (...args: unknown[]): Promise<unknown> => {
      if (isDead) return await never()
      if (calls++ !== at) return await call(...args).then((answer) => (isDead ? never() : answer))
      met = `${method} ${typeof args[0] === 'string' ? args[0] : (args[0] as { readonly id?: string } | undefined)?.id}`
      isDead = fault === 'dies before'
      if (fault === 'fails') throw lost()
      if (isDead) return await never()
      await call(...args)
      isDead = fault === 'dies after'
      if (isDead) return await never()
      throw lost()
    }
  const wrapped = new Proxy(store, {
    get: (target, name: keyof StateStore) => {
      const one: unknown = Reflect.get(target, name)
      if (typeof one !== 'function' || name === 'watch') return one
      return around(name, async (...args: unknown[]): Promise<unknown> => await Reflect.apply(one, target, args))
    },
  })
  return {
    store: wrapped,
    /** Counts calls from now on. */
    arm: () => (calls = 0),
    disarm: () => (calls = -Infinity),
    /** The call that had it. */
    met: () => met,
    isDead: () => isDead,
  }
}

const FIRST = Date.UTC(2026, 0, 1)
const slot = (n: number) => `poll@${new Date(FIRST + n * 5 * SECOND).toISOString()}`

/** What becomes of slots that are late, or overlap. */
type Rules = Required<Pick<ScheduleSettings, 'misfire' | 'overlap'>>

/** Two processes that fire each 5 s; what the first asks the store has a fault after the second slot. */
async function survive(fault: Fault, at: number, rules: Rules) {
  vi.spyOn(Math, 'random').mockReturnValue(0.5) // who asks when is the same each time
  const clock: FakeClock = fakeClock({ start: FIRST })
  const store = memoryStore({ clock })
  await store.open()
  const broken = faulty(store, fault, at)
  const job = pipeline('job', { input: type<number>() }, (p) => {
    const read = p.step('read', { run: ({ input }) => input })
    return p.step('write', { needs: { read }, run: ({ read }) => read })
  })
  const startProcess = async (store: StateStore) => {
    const pipe = createPipe({ clock, plugins: [durable({ store, lease: '10s' })] })
    const scheduler = createScheduler(pipe, { store, clock, onError: () => undefined })
    scheduler.add('poll', job, { every: '5s', input: ({ slot }) => slot, ...rules })
    await scheduler.start()
    return scheduler
  }
  const first = await startProcess(broken.store)
  const second = await startProcess(store)
  await clock.advance(14 * SECOND)
  broken.arm()
  await clock.advance(5 * SECOND)
  const met = broken.met()
  broken.disarm()
  await clock.advance(69 * SECOND)
  const { items } = await runsIn(store).list({ pipeline: 'job' })
  const runs = items.map(({ id, state }) => `${id} ${state}`).sort()
  const info = await second.get('poll')
  await Promise.all([second.stop(), !broken.isDead() && first.stop()])
  return { met, runs, info, timers: broken.isDead() ? 0 : clock.timers }
}

describe.each<Fault>(['fails', 'is not answered', 'dies before', 'dies after'])('each slot has one run', (fault) => {
  test(`when a call of a firing ${fault}`, async () => {
    const expected = Array.from({ length: 17 }, (_, n) => `${slot(n + 1)} succeeded`)
    const met: string[] = []
    for (let at = 0; ; at++) {
      const survived = await survive(fault, at, { misfire: 'all', overlap: 'buffer-all' })
      if (survived.met === '') break
      met.push(survived.met)
      const { runs, info, timers } = survived
      const { runs: fired, active, waiting } = info!
      expect({ met, runs, fired, active, waiting, timers }).toEqual({
        met,
        runs: expected,
        fired: expected.length,
        active: [],
        waiting: [],
        timers: 0,
      })
    }
    expect(met.length).toBeGreaterThan(15)
  })

  test(`and is counted, with slots that are missed, when a call of a firing ${fault}`, async () => {
    const met: string[] = []
    for (let at = 0; ; at++) {
      const survived = await survive(fault, at, { misfire: 'skip', overlap: 'skip' })
      if (survived.met === '') break
      met.push(survived.met)
      const { runs, info } = survived
      expect(runs.filter((run) => !run.endsWith(' succeeded'))).toEqual([])
      expect({ met, fired: info?.runs, active: info?.active }).toEqual({ met, fired: runs.length, active: [] })
    }
  })
})
