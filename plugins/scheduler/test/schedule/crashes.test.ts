import { runsIn } from '@pipe/state'
import { describe, expect, test } from 'vitest'
import { once, shared } from './support/faulty.ts'
import { MINUTE, SECOND, START, at, minutes } from './support.ts'

const MISSED = {
  what: 'schedule:miss',
  name: 'poll',
  count: 4,
  more: false,
  from: START + MINUTE,
  to: START + 4 * MINUTE,
}

/** Processes of which the first one was stopped, and five slots ago. */
async function stopped() {
  const all = await shared()
  const { scheduler } = await all.startProcess({ every: '1m' })
  await scheduler.stop()
  await all.pass(5 * MINUTE)
  return all
}

describe('when what was done to a schedule could not be kept', () => {
  test('slots that were missed are told, and counted, once', async () => {
    const { pass, startProcess, begun, toldOf } = await stopped()
    const { scheduler } = await startProcess({ every: '1m' }, once('commit', 'before'))
    await pass(10 * SECOND)
    expect(begun).toEqual(minutes(5))
    expect(toldOf('schedule:miss')).toEqual([MISSED])
    expect(await scheduler.get('poll')).toMatchObject({ runs: 1, counts: { succeeded: 1, missed: 4 } })
    await scheduler.stop()
  })

  test('and only the answer was lost, all is told that happened, once', async () => {
    const { pass, startProcess, begun, told } = await stopped()
    const { scheduler } = await startProcess({ every: '1m' }, once('commit', 'after'))
    await pass(10 * SECOND)
    expect(begun).toEqual(minutes(5))
    expect(told.map(({ what }) => what)).toEqual(['schedule:miss', 'schedule:fire', 'schedule:run-end'])
    expect(told[0]).toEqual(MISSED)
    expect(await scheduler.get('poll')).toMatchObject({ runs: 1, counts: { succeeded: 1, missed: 4 } })
    await scheduler.stop()
  })

  test('a time that has just passed has fired, and is not missed', async () => {
    const { pass, startProcess, begun, told } = await shared()
    const { scheduler } = await startProcess({ at: START + 1.5 * SECOND }, once('commit', 'before'))
    await pass(15 * SECOND)
    expect(begun).toEqual([at(1.5 * SECOND)])
    // The end of the schedule and that of its run are in no order.
    expect(told.map(({ what }) => what).sort()).toEqual(['schedule:end', 'schedule:fire', 'schedule:run-end'])
    expect(await scheduler.get('poll')).toMatchObject({ runs: 1, counts: { missed: 0, succeeded: 1 } })
    await scheduler.stop()
  })

  test('the run that was triggered is known, and others do not begin beside it', async () => {
    const { pass, startProcess, begun, hold, toldOf } = await shared()
    hold()
    const { scheduler, meet } = await startProcess({ every: '1m' })
    meet(once('commit', 'before'))
    await expect(scheduler.trigger('poll')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(begun).toHaveLength(1)
    await pass(MINUTE)
    expect(begun).toHaveLength(1)
    expect(toldOf('schedule:skip')).toMatchObject([{ slot: START + MINUTE, reason: 'overlap' }])
    await scheduler.stop({ grace: 0 })
  })
})

test.each(['before', 'after'] as const)(
  'what happens is told once when a schedule that was kept could not be handed back (fault: %s)',
  async (fault) => {
    const { pass, startProcess, begun, told } = await shared()
    const { scheduler, meet } = await startProcess({ every: '1m' })
    await pass(30 * SECOND)
    meet(once('release', fault))
    await pass(31 * SECOND)
    expect(begun).toEqual(minutes(1))
    expect(told.map(({ what }) => what)).toEqual(['schedule:fire', 'schedule:run-end'])
    await scheduler.stop()
  },
)

describe('of runs that follow each other, one goes on at a time', () => {
  // What is kept first is that the schedule is there; then, that it has a run.
  const each = [
    ['the schedule', 1],
    ['its first run', 2],
  ] as const

  test.each(each)('when %s could not be recorded', async (_, nth) => {
    const { pass, startProcess, begun, hold, errors } = await shared()
    hold()
    const { scheduler } = await startProcess({ auto: true }, once('commit', 'before', nth))
    await pass(15 * SECOND)
    expect([begun.length, errors.length]).toEqual([1, 1])
    expect(await scheduler.get('poll')).toMatchObject({ runs: 1, active: [`poll@${begun[0]}`] })
    await scheduler.stop({ grace: 0 })
  })

  test.each(each)('when the process died that was to record %s', async (_, nth) => {
    const { pass, newProcess, startProcess, job, store, hold } = await shared()
    hold()
    const first = newProcess()
    let isDead = false
    const dies = () => {
      first.kill()
      isDead = true
      return new Promise<void>(() => undefined)
    }
    first.meet(once('commit', dies, nth))
    first.scheduler.add('poll', job, { auto: true })
    await first.scheduler.start()
    const { scheduler } = await startProcess({ auto: true })
    await pass(MINUTE)
    expect([isDead, scheduler.leads]).toEqual([true, true])
    const { items } = await runsIn(store).list({ pipeline: 'job' })
    expect(items).toMatchObject([{ state: 'running' }])
    expect(await scheduler.get('poll')).toMatchObject({ runs: 1, active: [items[0]?.id] })
    await scheduler.stop({ grace: 0 })
  })

  test.each([
    ['that', 1],
    ['the run after it', 2],
  ])('when a pause has ended, and %s could not be recorded', async (_, nth) => {
    const { pass, startProcess, begun, hold, end, errors } = await shared()
    hold()
    const { scheduler, meet } = await startProcess({ auto: true })
    await scheduler.pause('poll')
    await end()
    await pass(SECOND)
    expect(begun).toHaveLength(1)
    meet(once('commit', 'before', nth))
    const isResumed = await scheduler.resume('poll').then(
      () => true,
      () => false,
    )
    await pass(5 * SECOND)
    expect([isResumed, errors.length]).toEqual([nth > 1, nth - 1])
    await scheduler.resume('poll')
    await pass(5 * SECOND)
    expect(begun).toHaveLength(2)
    await scheduler.stop({ grace: 0 })
  })
})
