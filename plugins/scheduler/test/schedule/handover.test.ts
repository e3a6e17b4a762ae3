import { createPipe, pipeline, PipelineError, type } from '@pipe/core'
import { createScheduler, type ScheduleOptions } from '@pipe/scheduler'
import { durable, memoryStore, runsIn, type StateStore } from '@pipe/state'
import { fakeClock } from '@pipe/testing'
import { expect, test } from 'vitest'
import { MINUTE, SECOND, START, passing } from './support.ts'

const slot = (minutes: number) => `poll@${new Date(START + minutes * MINUTE).toISOString()}`

/** Processes that share a store, each with calls of its own to it. */
async function sharing() {
  const clock = fakeClock()
  const store = memoryStore({ clock })
  await store.open()
  const pass = passing(clock)
  const begun: string[] = []
  const ends: (() => void)[] = []
  let holds = false
  const job = pipeline('job', { input: type<unknown>() }, (p) =>
    p.step('a', {
      run: async (_, { runId, signal }) => {
        begun.push(runId)
        if (!holds) return
        await new Promise<void>((resolve, reject) => {
          ends.push(resolve)
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        })
      },
    }),
  )
  const startProcess = async (options: Partial<ScheduleOptions> = {}, own = store) => {
    const pipe = createPipe({ clock, plugins: [durable({ store: own, lease: '10s' })] })
    const scheduler = createScheduler(pipe, { store: own, clock, onError: () => undefined })
    const given = { every: '1m', misfire: 'all', overlap: 'buffer-all', ...options }
    scheduler.add('poll', job, given as ScheduleOptions)
    await scheduler.start()
    await pass(0)
    return { pipe, scheduler }
  }
  const runs = async () => {
    const { items } = await runsIn(store).list({ pipeline: 'job' })
    return items.map(({ id, state }) => `${id} ${state}`).sort()
  }
  const end = async () => {
    ends.shift()?.()
    await pass(0)
  }
  return { clock, store, pass, begun, job, startProcess, runs, end, hold: (does = true) => (holds = does) }
}

/** A store that never answers any more from the call on that would keep what was done to the schedule. */
function dying(store: StateStore) {
  let dies = false
  let isDead = false
  const mortal = new Proxy(store, {
    get: (target, name: keyof StateStore) => {
      const one: unknown = Reflect.get(target, name)
      if (typeof one !== 'function') return one
      return (...args: unknown[]): unknown => {
        isDead ||= dies && name === 'commit' && args[0] === 'schedule/poll'
        return isDead ? new Promise(() => undefined) : Reflect.apply(one, target, args)
      }
    },
  })
  return { mortal, arm: () => (dies = true) }
}

test('a process that leads again fires again', async () => {
  const { pass, store, begun, startProcess } = await sharing()
  let isAway = false
  const away =
    <A extends unknown[], R>(real: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      isAway ? Promise.reject(new PipelineError('STORE_UNAVAILABLE', 'away')) : real(...args)
  const calls: Partial<StateStore> = {
    acquire: away((...args: Parameters<StateStore['acquire']>) => store.acquire(...args)),
    renew: away((...args: Parameters<StateStore['renew']>) => store.renew(...args)),
  }
  const { scheduler } = await startProcess({}, { ...store, ...calls })
  isAway = true
  await pass(20 * SECOND)
  expect(scheduler.leads).toBe(false)
  isAway = false
  await pass(40 * SECOND)
  expect(begun).toEqual([slot(1)])
  await scheduler.stop()
})

test('a process that has done something to a schedule before it leads fires it then', async () => {
  const { pass, begun, startProcess } = await sharing()
  const leader = await startProcess()
  const follower = await startProcess()
  const { id } = await follower.scheduler.trigger('poll')
  await pass(0)
  await leader.scheduler.stop()
  await pass(MINUTE + SECOND)
  expect(begun).toEqual([id, slot(1)])
  await follower.scheduler.stop()
})

test('what waits when a process stops begins in another one', async () => {
  const { pass, begun, startProcess, runs, hold, end } = await sharing()
  hold()
  const one = await startProcess()
  await pass(3 * MINUTE)
  const stopping = one.scheduler.stop()
  await end()
  await stopping
  await one.pipe.close()
  expect(begun).toEqual([slot(1)])
  hold(false)
  const other = await startProcess()
  await pass(SECOND)
  expect(await runs()).toEqual([1, 2, 3].map((minutes) => `${slot(minutes)} succeeded`))
  await other.scheduler.stop()
})

test('a process whose pipe is closed leaves its slots to others', async () => {
  const { pass, startProcess, runs } = await sharing()
  const one = await startProcess()
  await one.pipe.close()
  await pass(2 * MINUTE)
  await one.scheduler.stop()
  const other = await startProcess()
  await pass(15 * SECOND)
  expect(await runs()).toEqual([1, 2].map((minutes) => `${slot(minutes)} succeeded`))
  expect(await other.scheduler.get('poll')).toMatchObject({ runs: 2, failures: 0 })
  await other.scheduler.stop()
})

test('whoever does something first finds what was started by a process that died', async () => {
  const { store, pass, startProcess, begun, hold } = await sharing()
  hold()
  const options = { overlap: 'skip' } as const
  const { mortal, arm } = dying(store)
  await startProcess(options, mortal)
  arm()
  await pass(MINUTE)
  expect(begun).toEqual([slot(1)])
  const other = await startProcess(options)
  const triggering = other.scheduler.trigger('poll')
  await pass(11 * SECOND)
  expect(await triggering).toMatchObject({ outcome: 'skipped' })
  expect(await other.scheduler.get('poll')).toMatchObject({ runs: 1, active: [slot(1)] })
  await other.scheduler.stop({ grace: 0 })
})

test('a trigger that has to be done again has one run', async () => {
  const { pass, store, startProcess, runs } = await sharing()
  let isLost = true
  const commit: StateStore['commit'] = async (id, ...rest) => {
    if (id !== 'schedule/poll' || !isLost) return await store.commit(id, ...rest)
    isLost = false
    return false
  }
  const first = await startProcess()
  const { scheduler } = await startProcess({}, { ...store, commit })
  await pass(SECOND)
  const triggering = scheduler.trigger('poll')
  await pass(15 * SECOND)
  const { id } = await triggering
  expect(await runs()).toEqual([`${id} succeeded`])
  await Promise.all([first.scheduler.stop(), scheduler.stop()])
})

test('a run that is refused has failed, and the next one begins', async () => {
  const { pass, startProcess, runs } = await sharing()
  const input = ({ slot }: { readonly slot: number }) => (slot === START + MINUTE ? 1n : slot)
  const { scheduler } = await startProcess({ input })
  await pass(MINUTE + SECOND)
  expect(await scheduler.get('poll')).toMatchObject({
    failures: 1,
    active: [],
    last: { status: 'failed', error: expect.stringContaining('bigint') as string },
  })
  await pass(MINUTE)
  expect(await runs()).toEqual([`${slot(2)} succeeded`])
  await scheduler.stop()
})

test('a schedule that somebody died of forgetting begins anew', async () => {
  const { pass, store, begun, startProcess } = await sharing()
  const request = { owner: 'somebody', leaseMs: SECOND, maxCrashes: 1 }
  const { fence } = await store.acquire({ id: 'schedule/poll', pipeline: '@pipe/scheduler', data: 'poll' }, request)
  await store.end('schedule/poll', fence!, 'cancelled', '')
  const { scheduler } = await startProcess()
  await pass(MINUTE + SECOND)
  expect(begun).toEqual([slot(1)])
  await scheduler.stop()
})

test('a schedule to which something is being done is told as it was', async () => {
  const { pass, store, startProcess } = await sharing()
  const { scheduler } = await startProcess()
  await pass(MINUTE)
  const request = { owner: 'somebody', leaseMs: SECOND, maxCrashes: 9 }
  await store.acquire({ id: 'schedule/poll', pipeline: '@pipe/scheduler', data: 'poll' }, request)
  expect(await scheduler.list()).toEqual([expect.objectContaining({ runs: 1 })])
  await pass(SECOND)
  await scheduler.stop()
})

test('runs that are not of a schedule are left alone, whatever they are called', async () => {
  const { store, pass, begun, startProcess, job, clock, hold } = await sharing()
  hold()
  const pipe = createPipe({ clock, plugins: [durable({ store })] })
  const { result } = pipe.start(job, 1, { id: 'polls' })
  await pass(0)
  await Promise.all([pipe.close({ grace: 0 }), result, pass(0)])
  hold(false)
  const { scheduler } = await startProcess()
  await pass(20 * SECOND)
  expect(begun).toEqual(['polls'])
  expect(await store.get('polls')).toMatchObject({ status: 'waiting' })
  await scheduler.stop()
})

test('slots that wait when the last one has been still fire', async () => {
  const { pass, startProcess, runs, hold, end } = await sharing()
  hold()
  const { scheduler } = await startProcess({ until: START + 3 * MINUTE })
  await pass(3 * MINUTE + SECOND)
  expect(await scheduler.get('poll')).toMatchObject({ state: 'ended', reason: 'until', runs: 1 })
  hold(false)
  await end()
  expect(await runs()).toEqual([1, 2, 3].map((minutes) => `${slot(minutes)} succeeded`))
  expect(await scheduler.get('poll')).toMatchObject({ state: 'ended', reason: 'until', runs: 3, waiting: [] })
  await scheduler.stop()
})
