import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPipe, pipeline, type } from '@pipe/core'
import { createScheduler, type ScheduleOptions } from '@pipe/scheduler'
import { durable, memoryStore, runsIn, sqliteStore, type StateStore } from '@pipe/state'
import { fakeClock, turn } from '@pipe/testing'
import { describe, expect, test, vi } from 'vitest'
import { MINUTE, SECOND, START, at, passing } from './support.ts'

const runsOf = (...minutes: number[]) => minutes.map((one) => `poll@${at(one * MINUTE)}`)

/** Processes that share a store, as far as one process can have several. */
async function sharing() {
  const clock = fakeClock()
  const store = memoryStore({ clock })
  await store.open()
  const pass = passing(clock)
  // Off the slots: what is asked of a store while the clock jumps makes an alarm late by so much.
  await clock.advance(2 * SECOND)
  const begun: string[] = []
  const errors: unknown[] = []
  const ends: (() => void)[] = []
  let holds = false
  const job = pipeline('job', { input: type<number>() }, (p) =>
    p.step('a', {
      run: async ({ input }, { runId, signal }) => {
        begun.push(runId)
        if (!holds) return input
        await new Promise<void>((resolve, reject) => {
          ends.push(resolve)
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        })
        return input
      },
    }),
  )
  const startProcess = async (options: Partial<ScheduleOptions<number>> = {}) => {
    let isDead = false
    // What a process that was killed asks for is never answered.
    const own = new Proxy(store, {
      get: (target, name: keyof StateStore) => {
        const one: unknown = Reflect.get(target, name)
        if (typeof one !== 'function') return one
        return (...args: unknown[]): unknown =>
          isDead ? new Promise(() => undefined) : Reflect.apply(one, target, args)
      },
    })
    const pipe = createPipe({ clock, plugins: [durable({ store: own, lease: '10s' })] })
    const scheduler = createScheduler(pipe, { store: own, clock, onError: (error) => errors.push(error) })
    const given = {
      every: '1m',
      input: ({ slot }: { slot: number }) => slot,
      misfire: 'all',
      overlap: 'buffer-all',
      ...options,
    }
    scheduler.add('poll', job, given as ScheduleOptions<number>)
    await scheduler.start()
    await pass(0)
    return { pipe, scheduler, kill: () => (isDead = true) }
  }
  return {
    clock,
    pass,
    store,
    begun,
    errors,
    job,
    startProcess,
    hold: (does = true) => (holds = does),
    end: async () => {
      ends.shift()?.()
      await pass(0)
    },
  }
}

describe('of several processes with one store', () => {
  test('one fires each slot', async () => {
    const { clock, pass, begun, errors, startProcess } = await sharing()
    const processes = await Promise.all([startProcess(), startProcess(), startProcess()])
    expect(processes.filter(({ scheduler }) => scheduler.leads)).toHaveLength(1)
    await pass(3 * MINUTE)
    expect(begun).toEqual(runsOf(1, 2, 3))
    expect(errors).toEqual([])
    await Promise.all(processes.map(({ scheduler }) => scheduler.stop()))
    expect(clock.timers).toBe(0)
  })

  test('another one leads soon after the one that did was stopped', async () => {
    const { pass, begun, startProcess } = await sharing()
    const [one, other] = [await startProcess(), await startProcess()]
    await pass(MINUTE)
    await one.scheduler.stop()
    await pass(5 * SECOND)
    expect(other.scheduler.leads).toBe(true)
    await pass(MINUTE)
    expect(begun).toEqual(runsOf(1, 2))
    await other.scheduler.stop()
  })

  test('another one leads within 15 s after the one that did has died, and goes on with its runs', async () => {
    const { pass, begun, startProcess, hold } = await sharing()
    hold()
    const [one, other] = [await startProcess(), await startProcess()]
    await pass(MINUTE)
    expect(begun).toEqual(runsOf(1))
    one.kill()
    hold(false)
    await pass(15 * SECOND)
    expect(other.scheduler.leads).toBe(true)
    await pass(2 * MINUTE)
    expect(begun).toEqual(runsOf(1, 1, 2, 3)) // the first again, by who went on with it
    expect(await other.scheduler.get('poll')).toMatchObject({ runs: 3, active: [], last: { status: 'succeeded' } })
    await other.scheduler.stop()
  })

  test('none takes a run for another slot while the one before goes on elsewhere', async () => {
    const { pass, begun, startProcess, hold, end } = await sharing()
    hold()
    const [one, other] = [await startProcess({ overlap: 'skip' }), await startProcess({ overlap: 'skip' })]
    await pass(MINUTE)
    const stopping = one.scheduler.stop() // waits for its run
    await pass(2 * MINUTE)
    expect(other.scheduler.leads).toBe(true)
    expect(begun).toEqual(runsOf(1))
    await end()
    await stopping
    await pass(MINUTE)
    expect(begun).toEqual(runsOf(1, 4))
    await other.scheduler.stop({ grace: 0 })
  })

  test('each may pause, resume and trigger', async () => {
    const { pass, begun, startProcess } = await sharing()
    const [leader, follower] = [await startProcess(), await startProcess()]
    await pass(MINUTE)
    await follower.scheduler.pause('poll')
    await pass(2 * MINUTE)
    expect(begun).toEqual(runsOf(1))
    expect(await leader.scheduler.get('poll')).toMatchObject({ state: 'paused' })
    const { id } = await follower.scheduler.trigger('poll')
    await pass(0)
    expect(begun).toEqual([...runsOf(1), id])
    await follower.scheduler.resume('poll')
    await pass(MINUTE)
    expect(begun).toEqual([...runsOf(1), id, ...runsOf(4)])
    await Promise.all([leader.scheduler.stop(), follower.scheduler.stop()])
  })

  test('all tell the same of a schedule', async () => {
    const { pass, startProcess } = await sharing()
    const processes = [await startProcess(), await startProcess()]
    await pass(2 * MINUTE)
    const [one, other] = await Promise.all(processes.map(({ scheduler }) => scheduler.list()))
    expect(one).toEqual(other)
    expect(one).toEqual([expect.objectContaining({ runs: 2, nextAt: START + 3 * MINUTE })])
    await Promise.all(processes.map(({ scheduler }) => scheduler.stop()))
  })
})

describe('a schedule in a store', () => {
  test('goes on after a restart: what was missed fires, and counts go on', async () => {
    const { pass, begun, startProcess } = await sharing()
    const one = await startProcess()
    await pass(2 * MINUTE)
    await one.scheduler.stop()
    await pass(3 * MINUTE)
    const other = await startProcess()
    await pass(MINUTE)
    expect(begun).toEqual(runsOf(1, 2, 3, 4, 5, 6))
    expect(await other.scheduler.get('poll')).toMatchObject({ runs: 6 })
    await other.scheduler.stop()
  })

  test('with another timing goes on from now; what was due by the one before still is', async () => {
    const { pass, begun, startProcess } = await sharing()
    const one = await startProcess()
    await pass(MINUTE)
    await one.scheduler.stop()
    await pass(10 * MINUTE)
    const other = await startProcess({ every: '4m', anchor: START + MINUTE })
    await pass(3 * MINUTE)
    expect(begun).toEqual(runsOf(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13))
    await other.scheduler.stop()
  })

  test('is told by the clock of the store', async () => {
    const { clock, pass, store, job, begun } = await sharing()
    const { monotonic, setTimeout, clearTimeout } = clock
    const own = { now: () => clock.now() + 20 * SECOND, monotonic, setTimeout, clearTimeout }
    const pipe = createPipe({ clock: own, plugins: [durable({ store })] })
    const scheduler = createScheduler(pipe, { store, clock: own })
    scheduler.add('poll', job, { every: '1m', input: ({ slot }) => slot })
    await scheduler.start()
    await pass(57 * SECOND)
    expect(begun).toEqual([])
    await pass(2 * SECOND)
    expect(begun).toEqual(runsOf(1))
    await scheduler.stop()
  })

  test('leaves its runs to others when it is stopped before they are done', async () => {
    const { pass, store, begun, startProcess, hold } = await sharing()
    hold()
    const one = await startProcess()
    await pass(MINUTE)
    await one.scheduler.stop({ grace: 0 })
    await one.pipe.close()
    expect(await runsIn(store).get(runsOf(1)[0]!)).toMatchObject({ state: 'waiting' })
    hold(false)
    const other = await startProcess()
    await pass(30 * SECOND)
    expect(begun).toEqual(runsOf(1, 1))
    expect(await other.scheduler.get('poll')).toMatchObject({ active: [], last: { status: 'succeeded' } })
    await other.scheduler.stop()
  })

  test('cancels a run that goes on elsewhere, with `cancel-other`', async () => {
    const { pass, begun, startProcess, hold } = await sharing()
    hold()
    const [one, other] = [
      await startProcess({ overlap: 'cancel-other' }),
      await startProcess({ overlap: 'cancel-other' }),
    ]
    await pass(MINUTE)
    const stopping = one.scheduler.stop()
    await pass(MINUTE + 20 * SECOND)
    await stopping
    expect(begun).toEqual(runsOf(1, 2))
    await other.scheduler.stop({ grace: 0 })
  })

  test('is forgotten when it is removed', async () => {
    const { pass, store, startProcess } = await sharing()
    const { scheduler } = await startProcess()
    await pass(MINUTE)
    await scheduler.remove('poll')
    expect(await store.get('schedule/poll')).toBeUndefined()
    await scheduler.stop()
  })

  test('needs a pipe with durable(), and says so at once', async () => {
    const clock = fakeClock()
    const store = memoryStore({ clock })
    await store.open()
    const scheduler = createScheduler(createPipe({ clock }), { store, clock })
    await expect(scheduler.start()).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('its pipe has no durable()') as string,
    })
    expect(scheduler.state).toBe('idle')
    await scheduler.stop()
  })

  test('needs the same store as durable(), and fires nothing with another one', async () => {
    const clock = fakeClock()
    const [store, other] = [memoryStore({ clock }), memoryStore({ clock })]
    await store.open()
    const errors: unknown[] = []
    const pipe = createPipe({ clock, plugins: [durable({ store: other })] })
    const scheduler = createScheduler(pipe, { store, clock, onError: (error) => errors.push(error) })
    scheduler.add(
      'poll',
      pipeline('job', (p) => p.step('a', { run: () => 1 })),
      { every: '1m' },
    )
    await scheduler.start()
    await clock.advance(MINUTE)
    for (let i = 0; i < 5; i++) await turn()
    expect(errors[0]).toMatchObject({ code: 'OPTION_INVALID' })
    expect(await scheduler.get('poll')).toMatchObject({ runs: 0 })
    await scheduler.stop()
  })

  test('is told when the pipe has durable(), and only the scheduler forgot the store', async () => {
    const { clock, store, job, pass, hold } = await sharing()
    hold()
    const errors: unknown[] = []
    const schedulers = [1, 2].map(() => {
      const pipe = createPipe({ clock, plugins: [durable({ store })] })
      const scheduler = createScheduler(pipe, { clock, onError: (error) => errors.push(error) })
      scheduler.add('poll', job, { every: '1m', input: ({ slot }) => slot })
      return scheduler
    })
    for (const scheduler of schedulers) await scheduler.start()
    await pass(MINUTE)
    expect(errors).toMatchObject([{ code: 'OPTION_INVALID', message: expect.stringContaining('no `store`') as string }])
    for (const scheduler of schedulers) await scheduler.stop({ grace: 0 })
  })

  test('stops also the runs that it took over, after its grace, and leaves them to others', async () => {
    const { pass, store, begun, startProcess, hold } = await sharing()
    hold()
    const one = await startProcess()
    await pass(MINUTE)
    one.kill()
    const other = await startProcess()
    await pass(40 * SECOND)
    expect(begun).toEqual(runsOf(1, 1))
    let stopped = false
    const stopping = other.scheduler.stop({ grace: '10s' }).then(() => (stopped = true))
    await pass(9 * SECOND)
    expect(stopped).toBe(false)
    await pass(2 * SECOND)
    expect(stopped).toBe(true)
    await stopping
    expect(await runsIn(store).get(runsOf(1)[0]!)).toMatchObject({ state: 'waiting' })
    await other.pipe.close()
  })

  test('outlives its process in a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pipe-schedules-'))
    const ran: string[] = []
    const job = pipeline('job', (p) => p.step('a', { run: (_, { runId }) => void ran.push(runId) }))
    const live = async () => {
      const store = sqliteStore({ file: join(folder, 'runs.db') })
      await store.open()
      const pipe = createPipe({ plugins: [durable({ store })] })
      const scheduler = createScheduler(pipe, { store })
      scheduler.add('poll', job, { every: '50ms', misfire: 'all', overlap: 'buffer-all' })
      await scheduler.start()
      await vi.waitFor(() => expect(ran.length).toBeGreaterThan(0), { timeout: 10_000 })
      await scheduler.stop()
      const info = await scheduler.get('poll')
      await pipe.close()
      await store.close()
      return info
    }
    const first = await live()
    const before = ran.splice(0)
    const second = await live()
    expect([first?.runs, second?.runs]).toEqual([before.length, before.length + ran.length])
    const slots = [...before, ...ran].map((id) => Date.parse(id.slice('poll@'.length)))
    expect(slots.slice(1).map((slot, i) => slot - slots[i]!)).toEqual(slots.slice(1).map(() => 50))
    rmSync(folder, { recursive: true })
  })
})
