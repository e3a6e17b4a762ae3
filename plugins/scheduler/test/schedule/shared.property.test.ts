import fc from 'fast-check'
import { createPipe, pipeline } from '@pipe/core'
import { createScheduler, type Scheduler } from '@pipe/scheduler'
import { durable, memoryStore, runsIn, type StateStore } from '@pipe/state'
import { fakeClock } from '@pipe/testing'
import { expect, test } from 'vitest'
import { MINUTE, SECOND, START, passing } from './support.ts'

/** What happens to one of three processes, or to all that is. */
type Op =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'start'; readonly who: number; readonly every: number }
  | { readonly do: 'stop' | 'pause' | 'resume' | 'trigger'; readonly who: number }
  | { readonly do: 'kill'; readonly who: number; readonly calls: number }

const who = fc.nat(2)
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 100 * SECOND }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('start' as const), who, every: fc.constantFrom(MINUTE, 2 * MINUTE) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('stop' as const, 'pause' as const, 'resume' as const, 'trigger' as const),
      who,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), who, calls: fc.nat(12) }) },
)

/** A store of a process that dies after so many more calls: then none is answered. */
function mortal(store: StateStore) {
  let left = Infinity
  const proxy = new Proxy(store, {
    get: (target, name: keyof StateStore) => {
      const one: unknown = Reflect.get(target, name)
      if (typeof one !== 'function' || name === 'watch') return one // which answers nothing
      return (...args: unknown[]): unknown =>
        left-- <= 0 ? new Promise(() => undefined) : Reflect.apply(one, target, args)
    },
  })
  return { proxy, dieAfter: (calls: number) => (left = Math.min(left, calls)) }
}

test('whoever is started, stopped or killed, wherever, each slot that all know has one run, but for those in a pause', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { maxLength: 30 }), async (ops) => {
      const clock = fakeClock()
      const store = memoryStore({ clock })
      await store.open()
      const pass = passing(clock)
      const job = pipeline('job', (p) => p.step('a', { run: () => 1 }))
      const startProcess = async (every = MINUTE) => {
        const { proxy, dieAfter } = mortal(store)
        const pipe = createPipe({ clock, plugins: [durable({ store: proxy, lease: '10s' })] })
        const scheduler = createScheduler(pipe, { store: proxy, clock, onError: () => undefined })
        scheduler.add('poll', job, { every, misfire: 'all', overlap: 'buffer-all' })
        await scheduler.start()
        await pass(0)
        return { scheduler, dieAfter }
      }
      const processes = new Map<number, Awaited<ReturnType<typeof startProcess>>>()
      /** Between a time at which a schedule may have been paused, and one at which it was not any more. */
      const pauses: [from: number, to: number][] = []
      let pausedAt: number | undefined
      const triggered: string[] = []
      const ask = async (scheduler: Scheduler, what: 'pause' | 'resume' | 'trigger') => {
        const from = clock.now()
        const asked = scheduler[what]('poll').then(
          (answer) => {
            if (what === 'resume') {
              if (pausedAt !== undefined) pauses.push([pausedAt, clock.now()])
              pausedAt = undefined
            }
            if (answer !== undefined) triggered.push(answer.id)
          },
          () => undefined,
        )
        if (what === 'pause') pausedAt ??= from
        await pass(5 * SECOND)
        return asked
      }
      const stop = async (scheduler: Scheduler) => {
        const stopping = scheduler.stop({ grace: 0 })
        await pass(15 * SECOND) // until the lease of who died runs out
        await stopping
      }
      await pass(2 * SECOND)
      processes.set(0, await startProcess()) // it is known from here on
      for (const one of ops) {
        if (one.do === 'wait') {
          await pass(one.ms)
          continue
        }
        const process = processes.get(one.who)
        if (process === undefined) {
          if (one.do === 'start') processes.set(one.who, await startProcess(one.every))
        } else if (one.do === 'kill') {
          process.dieAfter(one.calls)
          processes.delete(one.who)
        } else if (one.do === 'stop') {
          await stop(process.scheduler)
          processes.delete(one.who)
        } else if (one.do !== 'start') await ask(process.scheduler, one.do)
      }
      const last = await startProcess()
      await pass(30 * SECOND) // leases of those who died run out
      await ask(last.scheduler, 'resume')
      await pass(2 * MINUTE)
      await stop(last.scheduler)
      for (const { scheduler } of processes.values()) await stop(scheduler)
      const { items } = await runsIn(store).list({ pipeline: 'job', limit: 1_000 })
      const states = new Map(items.map(({ id, state }) => [id, state]))
      const isPaused = (slot: number) => pauses.some(([from, to]) => slot > from - SECOND && slot <= to)
      const every = Math.max(MINUTE, ...ops.map((one) => (one.do === 'start' ? one.every : 0)))
      for (let slot = START + every; slot < clock.now() - MINUTE; slot += every) {
        const id = `poll@${new Date(slot).toISOString()}`
        if (!isPaused(slot)) expect(states.get(id), id).toBe('succeeded')
      }
      for (const id of triggered) expect(states.get(id), id).toBe('succeeded')
    }),
    { numRuns: 150 },
  )
})
