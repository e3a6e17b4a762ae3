import { createPipe, pipeline, type Pipeline, service, type } from '@pipe/core'
import { createScheduler, type ScheduleOptions } from '@pipe/scheduler'
import { fakeClock } from '@pipe/testing'
import { describe, expect, test, vi } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND, START, at, minutes, scheduling, work } from './support.ts'

describe('a schedule', () => {
  test('fires in its slots, from the start of the scheduler to its stop', async () => {
    const { clock, job, begun } = work()
    const { scheduler, errors } = scheduling(clock)
    scheduler.add('poll', job, { every: '10s' })
    await clock.advance(MINUTE)
    expect(begun).toEqual([])
    await scheduler.start()
    await clock.advance(30 * SECOND)
    await scheduler.stop()
    await clock.advance(MINUTE)
    expect(begun).toEqual([at(70 * SECOND), at(80 * SECOND), at(90 * SECOND)])
    expect(errors).toEqual([])
    expect(clock.timers).toBe(0)
  })

  test('fires at the times of a cron expression, in its time zone', async () => {
    const { clock, job, begun } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('report', job, { cron: '0 9 * * MON-FRI', timezone: 'Europe/Berlin' })
    await scheduler.start()
    await clock.advance(5 * DAY)
    // The first of January 2026 is a Thursday.
    expect(begun).toEqual(['2026-01-01T08:00:00.000Z', '2026-01-02T08:00:00.000Z', '2026-01-05T08:00:00.000Z'])
    await scheduler.stop()
  })

  test('fires once at a time, and has ended', async () => {
    const { clock, job, begun } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:end')
    scheduler.add('once', job, { at: at(HOUR) })
    await scheduler.start()
    await clock.advance(DAY)
    expect(begun).toEqual([at(HOUR)])
    expect(told).toEqual([{ what: 'schedule:end', name: 'once', reason: 'no-more-slots' }])
    expect(await scheduler.get('once')).toMatchObject({ state: 'ended', reason: 'no-more-slots', runs: 1 })
    await scheduler.stop()
  })

  test('fires back to back, or a while after the end of the last run', async () => {
    const one = work()
    const { scheduler } = scheduling(one.clock)
    one.hold()
    scheduler.add('auto', one.job, { auto: true, cooldown: '5s' })
    await scheduler.start()
    await one.clock.advance(MINUTE)
    expect(one.begun).toHaveLength(1)
    await one.end()
    await one.clock.advance(4_999)
    expect(one.begun).toHaveLength(1)
    await one.clock.advance(1)
    expect(one.begun).toHaveLength(2)
    await one.end()
    await scheduler.stop()
  })

  test.each<ScheduleOptions>([{ auto: true }, { every: '100ms', fixedDelay: true }])(
    'waits after a failure, if its runs follow each other, longer and longer up to a minute: %o',
    async (timing) => {
      const { clock, job, begun, fail } = work()
      const { scheduler } = scheduling(clock)
      fail()
      scheduler.add('poll', job, timing)
      await scheduler.start()
      await clock.advance(10 * MINUTE)
      const times = begun.map((time) => Date.parse(time) - START)
      const gaps = times.slice(1).map((time, i) => Math.round((time - times[i]!) / SECOND))
      expect(gaps.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
      await scheduler.stop()
    },
  )

  test('is put off by its jitter, the same in every process, and tells the slot', async () => {
    const clock = fakeClock()
    const seen: number[] = []
    const job = pipeline('job', { input: type<number>() }, (p) =>
      p.step('a', { run: ({ input }, { now }) => seen.push(now() - input) }),
    )
    const { scheduler } = scheduling(clock)
    scheduler.add('poll', job, { every: '1m', jitter: '30s', input: ({ slot }) => slot })
    await scheduler.start()
    await clock.advance(20 * MINUTE + 30 * SECOND)
    expect(seen).toHaveLength(20)
    for (const late of seen) expect(late).toBeLessThan(30 * SECOND)
    expect(new Set(seen).size).toBeGreaterThan(10)
    await scheduler.stop()
  })

  test('names its runs by its slots, and labels them', async () => {
    const clock = fakeClock()
    const { pipe, scheduler } = scheduling(clock)
    const seen = vi.fn<(id: string, tags: object) => void>()
    pipe.events.on('run:start', ({ runId, tags }) => seen(runId, tags))
    const job = pipeline('job', (p) => p.step('a', { run: () => 1 }))
    scheduler.add('poll', job, { every: '1m', options: { tags: { team: 'ops' } } })
    await scheduler.start()
    await clock.advance(MINUTE)
    expect(seen.mock.calls).toEqual([[`poll@${at(MINUTE)}`, { team: 'ops', schedule: 'poll', slot: at(MINUTE) }]])
    await scheduler.stop()
  })

  test('gives its runs services that the pipe lacks', async () => {
    const Db = service<{ name: string }>()('db')
    const seen = vi.fn()
    const job = pipeline('job', (p) => p.step('a', { uses: { db: Db }, run: (_, { use }) => void seen(use.db.name) }))
    const clock = fakeClock()
    const { scheduler } = scheduling(clock)
    scheduler.add('poll', job, { every: '1m', options: { services: { db: { name: 'mine' } } } })
    await scheduler.start()
    await clock.advance(MINUTE)
    expect(seen).toHaveBeenCalledWith('mine')
    await scheduler.stop()
  })
})

describe('while a run goes on', () => {
  const overlapping = async (overlap: 'skip' | 'buffer-one' | 'buffer-all' | 'cancel-other' | { allow: number }) => {
    const { clock, job, begun, hold, end } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:skip')
    hold()
    scheduler.add('poll', job, { every: '1m', overlap })
    await scheduler.start()
    await clock.advance(4 * MINUTE)
    const info = await scheduler.get('poll')
    return { clock, scheduler, told, begun, end, info }
  }

  test('others are left out, and it is told', async () => {
    const { scheduler, told, begun, end, clock } = await overlapping('skip')
    expect(begun).toEqual(minutes(1))
    expect(told).toEqual(
      [2, 3, 4].map((one) => ({
        what: 'schedule:skip',
        name: 'poll',
        id: `poll@${at(one * MINUTE)}`,
        slot: START + one * MINUTE,
        manual: false,
        reason: 'overlap',
      })),
    )
    await end()
    await clock.advance(MINUTE)
    expect(begun).toEqual(minutes(1, 5))
    await scheduler.stop({ grace: 0 })
  })

  test('one waits, with `buffer-one`', async () => {
    const { scheduler, told, begun, end, info } = await overlapping('buffer-one')
    expect(info).toMatchObject({ active: [`poll@${at(MINUTE)}`], waiting: [`poll@${at(2 * MINUTE)}`] })
    expect(told).toHaveLength(2)
    await end()
    expect(begun).toEqual(minutes(1, 2))
    await scheduler.stop({ grace: 0 })
  })

  test('all wait, with `buffer-all`, up to a hundred', async () => {
    const { scheduler, told, begun, end, clock } = await overlapping('buffer-all')
    expect(told).toEqual([])
    await end()
    await end()
    expect(begun).toEqual(minutes(1, 2, 3))
    await clock.advance(2 * HOUR)
    expect((await scheduler.get('poll'))?.waiting).toHaveLength(100)
    expect(told.length).toBe(21)
    expect(told[0]).toMatchObject({ reason: 'buffer-full' })
    await scheduler.stop({ grace: 0 })
  })

  test('it is cancelled, with `cancel-other`, and the other one begins when it has ended', async () => {
    const { scheduler, begun } = await overlapping('cancel-other')
    expect(begun).toEqual(minutes(1, 2, 3, 4))
    expect(await scheduler.get('poll')).toMatchObject({ failures: 0, last: { status: 'cancelled' } })
    await scheduler.stop({ grace: 0 })
  })

  test('others go on beside it, with `{ allow }`, so many', async () => {
    const { scheduler, begun, told, info } = await overlapping({ allow: 3 })
    expect(begun).toEqual(minutes(1, 2, 3))
    expect(info?.active).toHaveLength(3)
    expect(told).toHaveLength(1)
    await scheduler.stop({ grace: 0 })
  })
})

describe('slots that have passed, since the process was busy or suspended,', () => {
  const late = async (options: { misfire?: 'once' | 'skip' | 'all'; catchUp?: number }, ms = 5 * MINUTE + 30_500) => {
    const { clock, job, begun } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:miss', 'schedule:skip')
    scheduler.add('poll', job, { every: '1m', overlap: 'buffer-all', ...options })
    await scheduler.start()
    clock.adjust(ms)
    await clock.advance(30 * SECOND)
    await scheduler.stop()
    return { begun, told }
  }
  const missed = (count: number, from: number, to: number) => ({
    what: 'schedule:miss',
    name: 'poll',
    count,
    more: false,
    from: START + from * MINUTE,
    to: START + to * MINUTE,
  })

  test('fire once, for the last of them, and the others are told', async () => {
    expect(await late({})).toEqual({ begun: [at(6 * MINUTE)], told: [missed(5, 1, 5)] })
  })

  test('do not fire at all, with `skip`', async () => {
    expect(await late({ misfire: 'skip' }, 5 * MINUTE + 40_000)).toEqual({ begun: [], told: [missed(6, 1, 6)] })
  })

  test('but the last one, with `skip`, if it is hardly late', async () => {
    const { clock, job, begun } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:miss')
    scheduler.add('poll', job, { every: '100ms', overlap: 'buffer-all', misfire: 'skip' })
    await scheduler.start()
    clock.adjust(900)
    await clock.advance(100)
    expect(begun).toEqual([at(SECOND)])
    expect(told).toMatchObject([{ what: 'schedule:miss', count: 9, from: START + 100, to: START + 900 }])
    await scheduler.stop()
  })

  test('but the last one, with a `catchUp` of 0, if it is hardly late', async () => {
    expect(await late({ catchUp: 0 }, 5 * MINUTE + 31 * SECOND)).toEqual({
      begun: [at(6 * MINUTE)],
      told: [missed(5, 1, 5)],
    })
    expect(await late({ catchUp: 0 }, 5 * MINUTE + 32 * SECOND)).toEqual({ begun: [], told: [missed(6, 1, 6)] })
  })

  test('all fire, with `all`', async () => {
    const { begun, told } = await late({ misfire: 'all' })
    expect(begun).toEqual([1, 2, 3, 4, 5, 6].map((one) => at(one * MINUTE)))
    expect(told).toEqual([])
  })

  test('fire up to a hundred, with `all`', async () => {
    const { begun, told } = await late({ misfire: 'all' }, 150 * MINUTE)
    expect(begun).toHaveLength(100)
    expect(told).toEqual([missed(50, 1, 50)])
  })

  test('are missed when they are too far back', async () => {
    const { begun, told } = await late({ misfire: 'all', catchUp: 2 * MINUTE })
    expect(begun).toEqual([5, 6].map((one) => at(one * MINUTE)))
    expect(told).toEqual([missed(4, 1, 4)])
  })
})

describe('the clock', () => {
  test('may be set back: no slot fires twice', async () => {
    const { clock, job, begun } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('poll', job, { every: '1m' })
    await scheduler.start()
    await clock.advance(3 * MINUTE)
    clock.adjust(-2 * MINUTE)
    await clock.advance(4 * MINUTE)
    expect(begun).toEqual([1, 2, 3, 4, 5].map((one) => at(one * MINUTE)))
    await scheduler.stop()
  })

  test('may be far from a slot: further than timers reach', async () => {
    const { clock, job, begun } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('new-year', job, { cron: '0 0 1 1 *' })
    await scheduler.start()
    await clock.advance(364 * DAY)
    expect(begun).toEqual([])
    await clock.advance(DAY)
    expect(begun).toEqual(['2027-01-01T00:00:00.000Z'])
    await scheduler.stop()
  })
})

describe('a schedule ends', () => {
  const ending = async (options: object, fails = false) => {
    const { clock, job, begun, fail } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:end')
    fail(fails)
    scheduler.add('poll', job, { every: '1m', ...options })
    await scheduler.start()
    await clock.advance(HOUR)
    return { scheduler, clock, begun, told, fail, info: await scheduler.get('poll') }
  }

  test('after so many runs', async () => {
    const { begun, info, scheduler } = await ending({ maxRuns: 3 })
    expect(begun).toHaveLength(3)
    expect(info).toMatchObject({ state: 'ended', reason: 'max-runs', runs: 3 })
    await scheduler.stop()
  })

  test('at a time', async () => {
    const { begun, info, told, scheduler } = await ending({ until: at(2 * MINUTE) })
    expect(begun).toEqual([at(MINUTE), at(2 * MINUTE)])
    expect(info).toMatchObject({ reason: 'until' })
    expect(told).toHaveLength(1)
    await scheduler.stop()
  })

  test('after so many failures, one after the other, until it is resumed', async () => {
    const { begun, info, scheduler, clock, fail } = await ending({ maxFailures: 2 }, true)
    expect(begun).toHaveLength(2)
    expect(info).toMatchObject({ reason: 'max-failures', failures: 2, last: { status: 'failed' } })
    fail(false)
    await scheduler.resume('poll')
    await clock.advance(2 * MINUTE)
    expect(begun).toHaveLength(4)
    expect(await scheduler.get('poll')).toMatchObject({ state: 'active', failures: 0 })
    await scheduler.stop()
  })

  test('when its condition comes true', async () => {
    let runs = 0
    const { begun, info, scheduler } = await ending({ stopWhen: () => ++runs === 4 })
    expect(begun).toHaveLength(4)
    expect(info).toMatchObject({ reason: 'stop-when' })
    await scheduler.stop()
  })
})

describe('schedules are controlled', () => {
  test('a pause holds a schedule, its slots are not caught up', async () => {
    const { clock, job, begun } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:pause', 'schedule:resume', 'schedule:miss')
    scheduler.add('poll', job, { every: '1m' })
    await scheduler.start()
    await clock.advance(MINUTE)
    await scheduler.pause('poll')
    await scheduler.pause('poll')
    await clock.advance(10 * MINUTE)
    expect(await scheduler.get('poll')).toMatchObject({ state: 'paused' })
    await scheduler.resume('poll')
    await scheduler.resume('poll')
    await clock.advance(MINUTE)
    expect(begun).toEqual([at(MINUTE), at(12 * MINUTE)])
    expect(told).toEqual([
      { what: 'schedule:pause', name: 'poll' },
      { what: 'schedule:resume', name: 'poll', count: 10, more: false },
    ])
    await scheduler.stop()
  })

  test('a run can be asked for, also during a pause; it does not count as a slot', async () => {
    const { clock, job, begun, hold } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('poll', job, { every: '1m', maxRuns: 1 })
    await scheduler.start()
    await scheduler.pause('poll')
    const { id, outcome } = await scheduler.trigger('poll')
    expect(outcome).toBe('started')
    expect(id).toMatch(/^poll@2026-01-01T00:00:00\.000Z:[0-9a-f]{8}$/)
    await clock.advance(0)
    expect(begun).toHaveLength(1)
    await scheduler.resume('poll')
    hold()
    await clock.advance(MINUTE)
    expect(begun).toHaveLength(2)
    expect(await scheduler.trigger('poll')).toMatchObject({ outcome: 'skipped' })
    await scheduler.stop({ grace: 0 })
  })

  test('one that is added again goes on with other options', async () => {
    const { clock, job, begun } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('poll', job, { every: '1m' })
    await scheduler.start()
    await clock.advance(2 * MINUTE)
    scheduler.add('poll', job, { every: '30s' })
    await clock.advance(MINUTE)
    expect(begun).toEqual([at(MINUTE), at(2 * MINUTE), at(2.5 * MINUTE), at(3 * MINUTE)])
    expect(await scheduler.get('poll')).toMatchObject({ runs: 4 })
    await scheduler.stop()
  })

  test('one that is removed fires no more', async () => {
    const { clock, job, begun } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('poll', job, { every: '1m' })
    await scheduler.start()
    await clock.advance(MINUTE)
    await scheduler.remove('poll')
    await clock.advance(HOUR)
    expect(begun).toHaveLength(1)
    expect(await scheduler.get('poll')).toBeUndefined()
    await expect(scheduler.pause('poll')).rejects.toMatchObject({ code: 'SCHEDULE_UNKNOWN' })
    expect(clock.timers).toBe(0)
    await scheduler.stop()
  })

  test('all are listed, with what comes next', async () => {
    const { clock, job } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('b', job, { every: '1m' })
    scheduler.add('a', job, { cron: '@daily' })
    await scheduler.start()
    expect(await scheduler.list()).toEqual([
      expect.objectContaining({
        name: 'a',
        pipeline: 'job',
        state: 'active',
        nextAt: START + DAY,
        runs: 0,
        active: [],
      }),
      expect.objectContaining({ name: 'b', nextAt: START + MINUTE }),
    ])
    await scheduler.stop()
  })
})

describe('a scheduler', () => {
  test('waits for its runs when it is stopped', async () => {
    const { clock, job, hold, end } = work()
    const { scheduler } = scheduling(clock)
    hold()
    scheduler.add('poll', job, { every: '1m' })
    await scheduler.start()
    await clock.advance(MINUTE)
    let stopped = false
    const stop = scheduler.stop().then(() => (stopped = true))
    await clock.advance(MINUTE)
    expect(stopped).toBe(false)
    await end()
    await stop
  })

  test('stops them when their time is up', async () => {
    const { clock, job, hold } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:run-end')
    hold()
    scheduler.add('poll', job, { every: '1m' })
    await scheduler.start()
    await clock.advance(MINUTE)
    const stop = scheduler.stop({ grace: '10s' })
    await clock.advance(10 * SECOND)
    await stop
    expect(told).toEqual([expect.objectContaining({ status: 'cancelled' })])
    expect(clock.timers).toBe(0)
  })

  test('starts once, and not again when it was stopped', async () => {
    const { scheduler } = scheduling()
    expect(scheduler.state).toBe('idle')
    await scheduler.start()
    await scheduler.start()
    expect([scheduler.state, scheduler.leads]).toEqual(['running', true])
    await scheduler.stop()
    await scheduler.stop()
    expect([scheduler.state, scheduler.leads]).toEqual(['stopped', false])
    await expect(scheduler.start()).rejects.toMatchObject({ code: 'SCHEDULE_STATE' })
  })

  test('tells of a run that cannot be begun, and goes on', async () => {
    const clock = fakeClock()
    const begun = vi.fn()
    const job = pipeline('job', { input: type<number>() }, (p) => p.step('a', { run: begun }))
    const { scheduler, errors } = scheduling(clock)
    scheduler.add('poll', job, {
      every: '1m',
      input: ({ slot }) => {
        if (slot === START + MINUTE) throw new Error('no input')
        return slot
      },
    })
    await scheduler.start()
    await clock.advance(2 * MINUTE)
    expect(errors).toEqual([expect.objectContaining({ message: 'no input' })])
    expect(begun).toHaveBeenCalledTimes(1)
    await scheduler.stop()
  })

  test('goes on when a listener throws', async () => {
    const { clock, job, begun } = work()
    const { scheduler, errors } = scheduling(clock)
    scheduler.events.on('schedule:fire', () => {
      throw new Error('not mine')
    })
    scheduler.add('poll', job, { every: '1m' })
    await scheduler.start()
    await clock.advance(2 * MINUTE)
    expect(begun).toHaveLength(2)
    expect(errors).toHaveLength(2)
    expect(errors[0]).toMatchObject({ code: 'OBSERVER_FAILED' })
    await scheduler.stop()
  })

  test('has thousands of schedules on one timer', async () => {
    const { clock, job, begun } = work()
    const { scheduler } = scheduling(clock)
    for (let i = 0; i < 2_000; i++) scheduler.add(`poll-${i}`, job, { every: '1m', jitter: '1m' })
    await scheduler.start()
    expect(clock.timers).toBe(1)
    await clock.advance(2 * MINUTE)
    expect(begun.length).toBeGreaterThanOrEqual(2_000)
    expect(begun.length).toBeLessThanOrEqual(4_000)
    await scheduler.stop()
  })
})

type Options = Readonly<Record<string, unknown>> & { readonly name?: string }
const refused: readonly (readonly [options: Options, message: string])[] = [
  [{ name: 'a@b' }, 'A schedule cannot be called "a@b"'],
  [{ name: '' }, 'A schedule cannot be called ""'],
  [{ overlap: 'never' }, "`overlap` of schedule \"a\" must be 'skip', 'buffer-one'"],
  [{ overlap: { allow: 0 } }, '`overlap.allow` of schedule "a" must be a whole number from 1 up; got 0'],
  [{ overlap: { allow: 2, max: 3 } }, '`overlap.max` of schedule "a" must be left out'],
  [{ overlap: {} }, '`overlap` of schedule "a" must be \'skip\''],
  [{ overlap: null }, '`overlap` of schedule "a"'],
  [{ options: { id: 'x' } }, '`options.id` of schedule "a" must be left out: the scheduler decides it; got \'x\''],
  [{ options: 'tags' }, '`options` of schedule "a" must be an object'],
  [{ misfire: 'twice' }, '`misfire` of schedule "a" must be'],
  [{ maxRuns: 0 }, '`maxRuns` of schedule "a" must be a whole number from 1 up; got 0'],
  [{ maxFailures: 1.5 }, '`maxFailures` of schedule "a"'],
  [{ until: 'tomorrow' }, '`until` of schedule "a"'],
  [{ stopWhen: true }, '`stopWhen` of schedule "a" must be a function'],
  [{ input: 3 }, '`input` of schedule "a" must be a function'],
  [{ jitter: -1 }, '`jitter` of schedule "a"'],
  [{ catchUp: 'long' }, '`catchUp` of schedule "a"'],
  [{ evry: 1 }, '`evry`'],
  [{ cron: '* * * * *' }, 'exactly one of'],
  [{ every: undefined, cron: '@dayly' }, 'with @ there are @hourly'],
]
test.each([undefined, {}, () => 1])('%o is no pipeline, and is refused', (job) => {
  const scheduler = createScheduler(createPipe())
  const add = () => scheduler.add('a', job as Pipeline<void, unknown>, { every: '1m' })
  expect(add).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
})
test.for(refused)('%o is refused', ([{ name = 'a', ...options }, message]) => {
  const scheduler = createScheduler(createPipe())
  const job = pipeline('job', (p) => p.step('a', { run: () => 1 }))
  const add = () => scheduler.add(name, job, { every: '1m', ...options })
  expect(add).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(message) as string }),
  )
})
