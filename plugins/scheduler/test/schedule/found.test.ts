import type { ScheduleOptions } from '@pipe/scheduler'
import { runsIn } from '@pipe/state'
import { describe, expect, test } from 'vitest'
import { once, shared } from './support/faulty.ts'
import { HOUR, MINUTE, SECOND, START, at, minutes } from './support.ts'

type Shared = Awaited<ReturnType<typeof shared>>

/** The process dies of the next thing that it does to a schedule: before it could say what it has started. */
function dies({ meet, kill }: Pick<ReturnType<Shared['newProcess']>, 'meet' | 'kill'>) {
  const die = () => {
    kill()
    return new Promise<void>(() => undefined)
  }
  meet(once('commit', die))
}

/** The first process has started the run of the first slot, and died of it. */
async function died(options: ScheduleOptions) {
  const all = await shared()
  all.hold()
  dies(await all.startProcess(options))
  await all.pass(MINUTE)
  expect(all.begun).toHaveLength(1)
  return all
}

/** The only run that there is, if it is the only one. */
async function onlyRun({ store }: Shared) {
  const { items } = await runsIn(store).list({ pipeline: 'job' })
  expect(items).toMatchObject([{ state: 'running' }])
  return items[0]?.id
}

describe('what was started by a process that died before it could say so is found', () => {
  const options = { every: '1m' } as const

  test('by who is just starting, and triggers', async () => {
    const { pass, newProcess, job } = await died(options)
    await pass(11 * SECOND)
    const { scheduler } = newProcess()
    scheduler.add('poll', job, options)
    const starting = scheduler.start()
    const triggering = scheduler.trigger('poll')
    await pass(SECOND)
    await starting
    expect(await triggering).toMatchObject({ outcome: 'skipped' })
    await scheduler.stop({ grace: 0 })
  })

  test('after somebody who was not started has paused and resumed the schedule', async () => {
    const all = await died(options)
    const { pass, newProcess, startProcess, job, toldOf } = all
    await pass(11 * SECOND)
    const idle = newProcess()
    idle.scheduler.add('poll', job, options)
    await idle.scheduler.pause('poll')
    await idle.scheduler.resume('poll')
    const { scheduler } = await startProcess(options)
    await pass(2 * MINUTE)
    const id = await onlyRun(all)
    expect(id).toBe(`poll@${at(MINUTE)}`)
    expect(await scheduler.get('poll')).toMatchObject({ runs: 1, active: [id], counts: { missed: 0 } })
    expect(toldOf('schedule:fire')).toMatchObject([{ id }])
    await scheduler.stop({ grace: 0 })
  })

  test('by who knows an end of the schedule that lies before it', async () => {
    const { pass, startProcess } = await died({ ...options, until: START + HOUR })
    const { scheduler } = await startProcess({ ...options, until: START + 30 * SECOND })
    const triggering = scheduler.trigger('poll')
    await pass(11 * SECOND)
    expect(await triggering).toMatchObject({ outcome: 'skipped' })
    await scheduler.stop({ grace: 0 })
  })

  test('though very many slots have passed since', async () => {
    const all = await shared()
    const { pass, startProcess, hold, begun } = all
    hold()
    const often = { every: '1s' } as const
    dies(await startProcess(often))
    await pass(SECOND)
    const [first] = begun
    expect(begun).toHaveLength(1)
    await pass(3 * MINUTE)
    const { scheduler } = await startProcess(often)
    await pass(20 * SECOND)
    expect(await onlyRun(all)).toBe(`poll@${first}`)
    expect(await scheduler.get('poll')).toMatchObject({ runs: 1, active: [`poll@${first}`] })
    await scheduler.stop({ grace: 0 })
  })

  test('when it had waited for its turn', async () => {
    const { pass, startProcess, hold, end, begun } = await shared()
    hold()
    const buffering = { ...options, overlap: 'buffer-one' } as const
    const one = await startProcess(buffering)
    await pass(2 * MINUTE)
    await one.scheduler.pause('poll')
    await end() // the second one waits in the pause
    await pass(SECOND)
    dies(one)
    void one.scheduler.resume('poll')
    await pass(0)
    expect(begun).toEqual(minutes(1, 2))
    const { scheduler } = await startProcess(buffering)
    const triggering = scheduler.trigger('poll')
    await pass(12 * SECOND)
    expect(await triggering).toMatchObject({ outcome: 'waiting' })
    expect(await scheduler.get('poll')).toMatchObject({ runs: 2, active: [`poll@${at(2 * MINUTE)}`] })
    await scheduler.stop({ grace: 0 })
  })

  test('when it is the only one of a timing that was new, and had just passed', async () => {
    const { pass, newProcess, startProcess, job, clock, begun, toldOf } = await shared()
    const before = await startProcess({ every: '1h' })
    await pass(30 * SECOND)
    await before.scheduler.stop()
    const slot = clock.now() - 500
    const mortal = newProcess()
    dies(mortal)
    mortal.scheduler.add('poll', job, { at: slot })
    await mortal.scheduler.start()
    await pass(SECOND)
    expect(begun).toEqual([at(slot - START)])
    const { scheduler } = await startProcess({ at: slot })
    await pass(30 * SECOND)
    expect(await scheduler.get('poll')).toMatchObject({ runs: 1, counts: { succeeded: 1, missed: 0 } })
    expect(toldOf('schedule:fire', 'schedule:miss')).toMatchObject([{ what: 'schedule:fire', slot }])
    await scheduler.stop()
  })
})
