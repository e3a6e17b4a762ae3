import { createPipe, pipeline, type PipelineError, type } from '@pipe/core'
import { createScheduler, type Scheduler } from '@pipe/scheduler'
import { durable, memoryStore } from '@pipe/state'
import { fakeClock } from '@pipe/testing'
import { describe, expect, test, vi } from 'vitest'
import { shared } from './support/faulty.ts'
import { HOUR, MINUTE, SECOND, START, at, minutes, scheduling, work } from './support.ts'

/** A job, and schedulers of it on one store. */
async function stored() {
  const one = work()
  const store = memoryStore({ clock: one.clock })
  await store.open()
  const newScheduler = (group?: string) => {
    const pipe = createPipe({ clock: one.clock, plugins: [durable({ store })] })
    return createScheduler(pipe, { store, clock: one.clock, ...(group !== undefined && { group }) })
  }
  return { ...one, store, newScheduler }
}

describe('back to back', () => {
  test('the event loop has its turn between runs, and slots do not run ahead of the clock', async () => {
    const slots: number[] = []
    const job = pipeline('job', (p) => p.step('a', { run: () => 1 }))
    const scheduler = createScheduler(createPipe())
    scheduler.events.on('schedule:fire', ({ slot }) => slots.push(slot))
    scheduler.add('auto', job, { auto: true })
    await scheduler.start()
    await new Promise((resolve) => setTimeout(resolve, 50))
    await scheduler.stop()
    expect(slots.length).toBeGreaterThan(1)
    expect(Math.max(...slots)).toBeLessThanOrEqual(Date.now())
  })

  test('what was triggered and waits begins when the run before has ended', async () => {
    const { clock, job, begun, hold, end } = work()
    const { scheduler } = scheduling(clock)
    hold()
    scheduler.add('auto', job, { auto: true, cooldown: '1h', overlap: 'buffer-one' })
    await scheduler.start()
    await clock.advance(0)
    expect((await scheduler.trigger('auto')).outcome).toBe('waiting')
    await end()
    await clock.advance(0)
    expect(begun).toHaveLength(2)
    await scheduler.stop({ grace: 0 })
  })
})

test('a condition that throws is reported with its schedule, which goes on', async () => {
  const { clock, job, begun } = work()
  const onError = vi.fn()
  const { scheduler } = scheduling(clock, { onError })
  const error = new Error('not mine')
  scheduler.add('poll', job, {
    every: '1m',
    stopWhen: () => {
      throw error
    },
  })
  await scheduler.start()
  await clock.advance(3 * MINUTE)
  expect(begun).toHaveLength(3)
  expect(onError.mock.calls).toEqual([
    [error, 'poll'],
    [error, 'poll'],
    [error, 'poll'],
  ])
  await scheduler.stop()
})

test('an `onError` that throws changes nothing', async () => {
  const { clock, job, begun } = work()
  const onError = vi.fn(() => {
    throw new Error('worse')
  })
  const { scheduler } = scheduling(clock, { onError })
  scheduler.events.on('schedule:fire', () => {
    throw new Error('bad')
  })
  scheduler.add('poll', job, { every: '1m' })
  await scheduler.start()
  await clock.advance(2 * MINUTE)
  expect(begun).toHaveLength(2)
  expect(onError).toHaveBeenCalledTimes(2)
  await scheduler.stop()
})

test.for([
  [{ every: '60s' }, { every: 60_000 }],
  [{ cron: '* * * * *' }, { timezone: 'UTC', cron: '*  * * * *' }],
] as const)('timings that mean the same are the same: %o, %o', async ([before, after]) => {
  const { clock, job, begun, newScheduler } = await stored()
  const live = async (timing: typeof before | typeof after, ms: number) => {
    const scheduler = newScheduler()
    scheduler.add('poll', job, { ...timing, misfire: 'all', overlap: 'buffer-all' })
    await scheduler.start()
    await clock.advance(ms)
    await scheduler.stop()
  }
  await clock.advance(SECOND)
  await live(before, MINUTE)
  await clock.advance(2 * MINUTE)
  await live(after, 30 * SECOND)
  expect(begun).toEqual([at(MINUTE), at(2 * MINUTE), at(3 * MINUTE)])
})

test('a schedule that is removed while a run of it goes on stays so, and the run is waited for', async () => {
  const { clock, job, begun, hold, end, store, newScheduler } = await stored()
  const scheduler = newScheduler()
  hold()
  scheduler.add('poll', job, { every: '1m' })
  await scheduler.start()
  await clock.advance(MINUTE + SECOND)
  expect(begun).toHaveLength(1)
  await scheduler.remove('poll')
  let isStopped = false
  const stopping = scheduler.stop().then(() => (isStopped = true))
  await clock.advance(SECOND)
  expect(isStopped).toBe(false)
  await end()
  await clock.advance(SECOND)
  await stopping
  expect(await store.get('schedule/poll')).toBeUndefined()
})

describe('a scheduler that is stopped', () => {
  test('is so also when it was about to start', async () => {
    const { clock, job, begun, newScheduler } = await stored()
    const scheduler = newScheduler()
    scheduler.add('poll', job, { every: '1m' })
    const starting = scheduler.start()
    await scheduler.stop()
    await starting
    await clock.advance(2 * MINUTE)
    expect([begun.length, clock.timers]).toEqual([0, 0])
    expect(() => scheduler.add('other', job, { every: '1m' })).toThrow(
      expect.objectContaining({ code: 'SCHEDULE_STATE' }),
    )
    await expect(scheduler.trigger('poll')).rejects.toMatchObject({ code: 'SCHEDULE_STATE' })
  })

  test('may be stopped harder', async () => {
    const { clock, job, hold } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:run-end')
    hold()
    scheduler.add('poll', job, { every: '1m' })
    await scheduler.start()
    await clock.advance(MINUTE)
    const gentle = scheduler.stop()
    await scheduler.stop({ grace: 0 })
    await gentle
    expect(told).toEqual([expect.objectContaining({ status: 'cancelled' })])
  })
})

test('a store that is not open is told of by `start`, which may be called again', async () => {
  const clock = fakeClock()
  const store = memoryStore({ clock })
  const scheduler = createScheduler(createPipe({ clock, plugins: [durable({ store })] }), { store, clock })
  await expect(scheduler.start()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  await store.open()
  await scheduler.start()
  expect(scheduler.state).toBe('running')
  await scheduler.stop()
})

describe('in a pause', () => {
  test('what is triggered runs, whatever waits', async () => {
    const { clock, job, begun, hold, end } = work()
    const { scheduler } = scheduling(clock)
    hold()
    scheduler.add('poll', job, { every: '1m', overlap: 'buffer-one' })
    await scheduler.start()
    await clock.advance(2 * MINUTE)
    await scheduler.pause('poll')
    await end()
    expect(begun).toHaveLength(1)
    expect((await scheduler.trigger('poll')).outcome).toBe('started')
    await scheduler.stop({ grace: 0 })
  })

  test('what is triggered takes the place of another, with `cancel-other`', async () => {
    const { clock, job, begun, hold } = work()
    const { scheduler } = scheduling(clock)
    hold()
    scheduler.add('poll', job, { every: '1m', overlap: 'cancel-other' })
    await scheduler.start()
    await clock.advance(MINUTE)
    await scheduler.pause('poll')
    expect((await scheduler.trigger('poll')).outcome).toBe('waiting')
    await clock.advance(0)
    expect(begun).toHaveLength(2)
    await scheduler.stop({ grace: 0 })
  })
})

test.for(['id', 'signal', 'force', 'fork', 'recovery', 'paused'])(
  'the option `%s` of runs is the business of the scheduler',
  (name) => {
    const { job } = work()
    const add = () => {
      createScheduler(createPipe()).add('poll', job, { every: '1m', options: { [name]: true } })
    }
    expect(add).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  },
)

test('schedulers with other schedules on one store are in other groups', async () => {
  const { clock, job, begun, newScheduler } = await stored()
  const schedulers: Scheduler[] = []
  for (const group of ['one', 'two']) {
    const scheduler = newScheduler(group)
    scheduler.add(group, job, { every: '1m' })
    await scheduler.start()
    schedulers.push(scheduler)
  }
  await clock.advance(MINUTE + SECOND)
  expect(begun).toHaveLength(2)
  for (const scheduler of schedulers) await scheduler.stop()
})

test('a schedule that is of one group is refused in another one, and goes on', async () => {
  const { pass, newProcess, job, begun, errors, toldOf } = await shared()
  const [one, other] = [newProcess('one'), newProcess('two')]
  one.scheduler.add('cleanup', job, { every: '1m' })
  other.scheduler.add('cleanup', job, { every: '1m', anchor: START + 30 * SECOND })
  await one.scheduler.start()
  await other.scheduler.start()
  await pass(5 * MINUTE)
  expect(begun).toEqual(minutes(1, 2, 3, 4, 5))
  expect(toldOf('schedule:miss', 'schedule:skip')).toEqual([])
  expect(new Set(errors.map((error) => (error as PipelineError).code))).toEqual(new Set(['SCHEDULE_STATE']))
  await one.scheduler.stop()
  await other.scheduler.stop()
})

test('a schedule counts what has become of it', async () => {
  const { clock, job, fail, hold, end } = work()
  const { scheduler } = scheduling(clock)
  scheduler.add('poll', job, { every: '1m' })
  await scheduler.start()
  await clock.advance(MINUTE)
  fail()
  await clock.advance(MINUTE)
  fail(false)
  await scheduler.trigger('poll')
  hold()
  await clock.advance(2 * MINUTE)
  await end()
  clock.adjust(3 * MINUTE)
  await clock.advance(31 * SECOND)
  expect(await scheduler.get('poll')).toMatchObject({
    timing: { every: '1m' },
    runs: 4,
    counts: { triggered: 1, succeeded: 3, failed: 1, cancelled: 0, skipped: 1, missed: 2 },
  })
  await scheduler.stop({ grace: 0 })
})

test('a store that does not answer any more holds nobody up for ever', async () => {
  const { clock, job, begun, store, newScheduler } = await stored()
  let isHung = false
  const hung = new Proxy(store, {
    get: (target, name) => {
      const one: unknown = Reflect.get(target, name)
      if (typeof one !== 'function') return one
      return (...args: unknown[]): unknown => (isHung ? new Promise(() => undefined) : Reflect.apply(one, target, args))
    },
  })
  const onError = vi.fn()
  const pipe = createPipe({ clock, plugins: [durable({ store })] })
  const scheduler = createScheduler(pipe, { store: hung, clock, onError })
  scheduler.add('poll', job, { every: '1h' })
  await scheduler.start()
  await clock.advance(SECOND)
  expect(scheduler.leads).toBe(true)
  isHung = true
  await clock.advance(MINUTE)
  expect(scheduler.leads).toBe(false)
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }), undefined)
  const other = newScheduler()
  other.add('poll', job, { every: '1h' })
  await other.start()
  await clock.advance(HOUR)
  expect(begun).toHaveLength(1)
  const stopping = scheduler.stop({ grace: 0 })
  await clock.advance(MINUTE)
  await stopping
  await other.stop()
})

test('a scheduler whose pipe is closed leaves the schedules to others at once', async () => {
  const { clock, job, begun, store, newScheduler } = await stored()
  const pipe = createPipe({ clock, plugins: [durable({ store })] })
  const onError = vi.fn()
  const scheduler = createScheduler(pipe, { store, clock, onError })
  scheduler.add('poll', job, { every: '1m' })
  await scheduler.start()
  await clock.advance(SECOND)
  const other = newScheduler()
  other.add('poll', job, { every: '1m' })
  await other.start()
  await pipe.close()
  await clock.advance(MINUTE + 10 * SECOND)
  expect([scheduler.state, other.leads]).toEqual(['stopped', true])
  expect(begun).toEqual([at(MINUTE)])
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'PIPE_CLOSED' }), 'poll')
  await other.stop()
})

test('an error says which schedule it is about', async () => {
  const { clock } = work()
  const onError = vi.fn()
  const { scheduler } = scheduling(clock, { onError })
  const job = pipeline('job', { input: type<number>() }, (p) => p.step('a', { run: () => 1 }))
  scheduler.add('poll', job, {
    every: '1m',
    input: () => {
      throw new Error('no input today')
    },
  })
  await scheduler.start()
  await clock.advance(MINUTE)
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'no input today' }), 'poll')
  await scheduler.stop()
})

test('a group without a store is refused', () => {
  expect(() => createScheduler(createPipe(), { group: 'billing' })).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID' }),
  )
})

test('a schedule that is added while one of its name is being removed stays', async () => {
  const { clock, job, begun } = work()
  const { scheduler } = scheduling(clock)
  scheduler.add('poll', job, { every: '1m' })
  await scheduler.start()
  await clock.advance(MINUTE)
  const removing = scheduler.remove('poll')
  scheduler.add('poll', job, { every: '2m' })
  await removing
  await clock.advance(3 * MINUTE)
  expect(begun).toEqual([at(MINUTE), at(2 * MINUTE), at(4 * MINUTE)])
  expect(await scheduler.get('poll')).toMatchObject({ runs: 2 })
  await scheduler.stop()
})
