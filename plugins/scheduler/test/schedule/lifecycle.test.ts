import { type Clock, createPipe } from '@pipe/core'
import { createScheduler } from '@pipe/scheduler'
import { describe, expect, test, vi } from 'vitest'
import { type Faults, once, shared } from './support/faulty.ts'
import { HOUR, MINUTE, SECOND, START, at, minutes, scheduling, work } from './support.ts'

/** The store cannot be asked what time it is. */
const noTime: Faults = (method) => (method === 'now' ? 'before' : undefined)

/** The next schedule that something is done to is to be had only after 8 s. */
const slow = (clock: Clock): Faults =>
  once('acquire', () => new Promise((resolve) => void clock.setTimeout(resolve, 8 * SECOND)))

describe('a start that fails', () => {
  test('fails for all who wait for it, and may be tried again', async () => {
    const { pass, newProcess, job, begun } = await shared()
    const { scheduler, meet } = newProcess()
    scheduler.add('poll', job, { every: '1m' })
    meet(noTime)
    const both = await Promise.allSettled([scheduler.start(), scheduler.start()])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(scheduler.state).toBe('idle')
    meet(() => undefined)
    await scheduler.start()
    await pass(MINUTE)
    expect(begun).toEqual(minutes(1))
    await scheduler.stop()
  })

  test('cannot be tried again when the scheduler was stopped meanwhile', async () => {
    const { pass, newProcess, job, begun, clock } = await shared()
    const { scheduler, meet } = newProcess()
    scheduler.add('poll', job, { every: '1m' })
    meet(noTime)
    const starting = scheduler.start()
    await Promise.allSettled([starting, scheduler.stop()])
    await expect(starting).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    meet(() => undefined)
    await expect(scheduler.start()).rejects.toMatchObject({ code: 'SCHEDULE_STATE' })
    await pass(3 * MINUTE)
    expect([scheduler.state, scheduler.leads, begun.length, clock.timers]).toEqual(['stopped', false, 0, 0])
  })
})

test('a scheduler whose start is refused runs nothing that is triggered meanwhile', async () => {
  const { pass, store, clock, job, begun } = await shared()
  const scheduler = createScheduler(createPipe({ clock }), { store, clock }) // its pipe has no durable()
  scheduler.add('poll', job, { every: '1m' })
  const both = Promise.allSettled([scheduler.start(), scheduler.trigger('poll')])
  await pass(SECOND)
  const refused = { status: 'rejected', reason: { code: 'OPTION_INVALID' } }
  expect(await both).toMatchObject([refused, refused])
  expect(begun).toEqual([])
  expect(await store.get('schedule/poll')).toBeUndefined()
  await scheduler.stop({ grace: 0 })
})

test('what waits when a scheduler without a store is stopped is told', async () => {
  const { clock, job, hold } = work()
  const { scheduler, told, listen } = scheduling(clock)
  listen('schedule:skip')
  hold()
  scheduler.add('poll', job, { every: '1m', overlap: 'buffer-all' })
  await scheduler.start()
  await clock.advance(3 * MINUTE)
  await scheduler.stop({ grace: 0 })
  expect(told).toMatchObject(
    [2, 3].map((one) => ({ what: 'schedule:skip', name: 'poll', slot: START + one * MINUTE, reason: 'stopped' })),
  )
  expect(await scheduler.get('poll')).toMatchObject({ waiting: [], counts: { skipped: 2 } })
})

describe('a stop', () => {
  test('with a grace beyond what timers can wait stops nothing at once', async () => {
    const { job, begun, hold } = work()
    const scheduler = createScheduler(createPipe())
    const ended: unknown[] = []
    scheduler.events.on('schedule:run-end', ({ status }) => void ended.push(status))
    hold()
    scheduler.add('poll', job, { auto: true })
    await scheduler.start()
    await vi.waitFor(() => expect(begun).toHaveLength(1))
    const stopping = scheduler.stop({ grace: '30d' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(ended).toEqual([])
    await scheduler.stop({ grace: 0 })
    await stopping
    expect(ended).toEqual(['cancelled'])
  })

  test.each([0, 1])('with a grace of %i ms stops runs soon, also when the store hangs', async (grace) => {
    const { pass, startProcess, begun, hold } = await shared()
    hold()
    const { scheduler, pipe, kill } = await startProcess({ every: '1m' })
    const ended: unknown[] = []
    pipe.events.on('step:end', ({ status }) => void ended.push(status))
    await pass(MINUTE + 3 * SECOND)
    expect(begun).toHaveLength(1)
    kill()
    await pass(4 * SECOND) // it asks whether it leads still, and gets no answer
    expect(ended).toEqual([])
    void scheduler.stop({ grace })
    await pass(2 * SECOND)
    expect(ended).toEqual(['cancelled'])
  })

  test('stops also what begins only after its grace is over', async () => {
    const { pass, startProcess, clock, hold, store } = await shared()
    hold()
    const { scheduler, meet } = await startProcess({ every: '1m' })
    meet(slow(clock))
    const triggering = scheduler.trigger('poll')
    await pass(0)
    const stopped: number[] = []
    void scheduler.stop({ grace: '1s' }).then(() => stopped.push(clock.now()))
    await pass(7.9 * SECOND)
    expect(stopped).toEqual([])
    await pass(SECOND)
    const { id, outcome } = await triggering
    expect([outcome, stopped.length, scheduler.state]).toEqual(['started', 1, 'stopped'])
    expect(await store.get(id)).toMatchObject({ status: 'waiting' }) // others may go on with it
  })

  test.each([
    ['paused', ['pause', 'resume', 'pause', 'remove']],
    ['triggered', ['trigger', 'trigger', 'remove']],
  ] as const)('waits for what is done to a schedule that is %s, and then removed', async (_, done) => {
    const { clock, job } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('poll', job, { every: '1m' })
    await scheduler.start()
    const doing = done.map((what) => scheduler[what]('poll'))
    await scheduler.stop()
    await Promise.all(doing)
    expect([scheduler.state, await scheduler.list()]).toEqual(['stopped', []])
  })
})

describe('a schedule that is removed', () => {
  test('tells what has waited; its run goes on, and nothing is told of it', async () => {
    const { clock, job, hold, end } = work()
    const { scheduler, told, listen } = scheduling(clock)
    hold()
    scheduler.add('poll', job, { every: '1m', overlap: 'buffer-all' })
    await scheduler.start()
    await clock.advance(3 * MINUTE)
    listen('schedule:skip', 'schedule:run-end', 'schedule:end')
    await scheduler.remove('poll')
    await end()
    await clock.advance(MINUTE)
    expect(told).toEqual(
      [2, 3].map((one) => ({
        what: 'schedule:skip',
        name: 'poll',
        id: `poll@${at(one * MINUTE)}`,
        slot: START + one * MINUTE,
        manual: false,
        reason: 'removed',
      })),
    )
    await scheduler.stop()
  })

  test('is so at once, also when something was done to it that could not be kept', async () => {
    const { startProcess, store } = await shared()
    const { scheduler, meet } = await startProcess({ every: '1h' })
    meet(once('commit', 'before'))
    await expect(scheduler.pause('poll')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await scheduler.remove('poll')
    expect(await store.get('schedule/poll')).toBeUndefined()
    await scheduler.stop()
  })

  test('in another process begins anew where it is still known, and fires no slot again', async () => {
    const { pass, startProcess, toldOf } = await shared()
    const options = { every: '1m', misfire: 'all' } as const
    const leader = await startProcess(options)
    const follower = await startProcess(options)
    await pass(MINUTE + 30 * SECOND)
    await follower.scheduler.remove('poll')
    await pass(10 * SECOND)
    expect(toldOf('schedule:fire')).toHaveLength(1)
    await pass(MINUTE)
    expect(toldOf('schedule:fire', 'schedule:miss')).toMatchObject([
      { slot: START + MINUTE },
      { slot: START + 2 * MINUTE },
    ])
    await leader.scheduler.stop()
    await follower.scheduler.stop()
  })

  test('while it becomes due fires no more, and no error is reported', async () => {
    const { pass, startProcess, clock, errors, begun } = await shared()
    const { scheduler, meet } = await startProcess({ every: '1m' })
    await pass(55 * SECOND)
    meet(slow(clock))
    const removing = scheduler.remove('poll')
    await pass(20 * SECOND)
    await removing
    expect([errors, begun, await scheduler.list()]).toEqual([[], [], []])
    await scheduler.stop()
  })

  test('may be removed again at once when that has failed', async () => {
    const { startProcess, store } = await shared()
    const { scheduler, meet } = await startProcess({ every: '1h' })
    meet(once('end', 'before'))
    await expect(scheduler.remove('poll')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await scheduler.get('poll')).toBeDefined()
    await scheduler.remove('poll')
    expect(await scheduler.get('poll')).toBeUndefined()
    expect(await store.get('schedule/poll')).toBeUndefined()
    await scheduler.stop()
  })
})

describe('a pipe that is closed while a run goes on and others wait', () => {
  test('stops the scheduler, when the run has ended', async () => {
    const { clock, job, hold, end, begun } = work()
    const { scheduler, pipe, told, listen } = scheduling(clock)
    listen('schedule:run-end')
    hold()
    scheduler.add('poll', job, { every: '1m', overlap: 'buffer-all' })
    await scheduler.start()
    await clock.advance(2 * MINUTE)
    const closing = pipe.close()
    await clock.advance(SECOND)
    await end()
    await closing
    await clock.advance(HOUR)
    expect([scheduler.state, begun.length, clock.timers]).toEqual(['stopped', 1, 0])
    expect(told).toMatchObject([{ slot: START + MINUTE, status: 'succeeded' }])
    await scheduler.stop()
  })

  test('leaves what waits to other processes', async () => {
    const { pass, startProcess, begun, hold, end } = await shared()
    hold()
    const options = { every: '1m', overlap: 'buffer-all' } as const
    const one = await startProcess(options)
    const other = await startProcess(options)
    await pass(2 * MINUTE)
    const closing = one.pipe.close()
    await pass(SECOND)
    await end()
    await closing
    await pass(10 * SECOND)
    expect(one.scheduler.state).toBe('stopped')
    expect(other.scheduler.leads).toBe(true)
    expect(begun).toEqual(minutes(1, 2))
    await one.scheduler.stop()
    await other.scheduler.stop({ grace: 0 })
  })
})

test('the events of a pipe, and its plugins, hear of the schedules', async () => {
  const { clock, job } = work()
  const heard: unknown[] = []
  const pipe = createPipe({
    clock,
    plugins: [{ name: 'ear', hooks: { 'schedule:run-end': ({ name, status }) => void heard.push([name, status]) } }],
  })
  pipe.events.on('schedule:fire', ({ name, slot }) => heard.push([name, slot]))
  pipe.events.on('scheduler:lead', ({ group }) => heard.push(group))
  const scheduler = createScheduler(pipe, { clock })
  scheduler.add('poll', job, { every: '1m' })
  await scheduler.start()
  await clock.advance(MINUTE)
  expect(heard).toEqual(['default', ['poll', START + MINUTE], ['poll', 'succeeded']])
  await scheduler.stop()
})
