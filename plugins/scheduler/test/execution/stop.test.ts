import { createPipe, pipeline } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { createExecution, type Tick } from '../../src/index.ts'
import { rejectionOf, turn, turns } from './support/outcomes.ts'
import { gated, patrolling, single } from './support/patrol.ts'

const endless = { mode: 'auto', stopOnTerminal: false } as const

describe('it stops', () => {
  test.each([
    [100, 'success'],
    [5, 'failure'],
  ])('when a pass has ended, with a battery of %d in %s (S5.8)', async (battery, tickStatus) => {
    const execution = patrolling({ battery })
    execution.start({ mode: 'auto' })
    const status = await execution.done
    expect(status).toMatchObject({ state: 'stopped', ticksExecuted: 2, tickStatus })
    expect(status.stoppedAt).toBeGreaterThanOrEqual(status.startedAt ?? Infinity)
    await execution.delete()
  })

  test('not when a pass has ended, if told so (S5.8)', async () => {
    const execution = patrolling()
    execution.start({ ...endless, maxTicks: 50 })
    expect(await execution.done).toMatchObject({ ticksExecuted: 50, pass: 25 })
    await execution.delete()
  })

  test.each([1, 2, 3, 100])('after exactly %d ticks (S5.9)', async (maxTicks) => {
    const execution = patrolling()
    execution.start({ ...endless, maxTicks })
    expect(await execution.done).toMatchObject({ state: 'stopped', ticksExecuted: maxTicks, tick: maxTicks })
    expect(execution.isRunning).toBe(false)
    await turns(3)
    expect(execution.status.tick).toBe(maxTicks)
    await execution.delete()
  })

  test('when it is told to: the signals of its steps abort, and no tick follows (S5.10)', async () => {
    const { definition, aborts } = gated()
    const execution = createExecution(createPipe(), definition)
    execution.start(endless)
    await expect.poll(() => execution.status.tick).toBe(1)
    await turn()
    const stopped = execution.stop(new Error('enough'))
    expect(execution.status.state).toBe('stopped')
    expect(await stopped).toMatchObject({ state: 'stopped', ticksExecuted: 1, tickStatus: 'cancelled' })
    expect(aborts).toMatchObject([{ code: 'CANCELLED', cause: { message: 'enough' } }])
    const answer = execution.history.at(1)
    expect(answer).toMatchObject({ status: 'cancelled', steps: { wait: { status: 'cancelled' } } })
    await turns(5)
    expect(execution.status.tick).toBe(1)
    await execution.delete()
  })

  test('by a signal, also one that has aborted already', async () => {
    const controller = new AbortController()
    const execution = patrolling()
    execution.start({ ...endless, signal: controller.signal })
    await turns(3)
    controller.abort()
    expect(await execution.done).toMatchObject({ state: 'stopped' })
    const { tick } = execution.status
    expect(tick).toBeGreaterThan(0)
    expect(execution.start({ ...endless, signal: controller.signal })).toMatchObject({ state: 'stopped' })
    expect(await execution.done).toMatchObject({ state: 'stopped', ticksExecuted: 0 })
    expect(execution.status.tick).toBe(tick)
    await execution.delete()
  })

  test('lets go of the signal', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--
      remove(...args)
    }
    const execution = patrolling()
    for (const stop of [() => execution.done, () => execution.stop()]) {
      execution.start({ mode: 'auto', signal })
      expect(listeners).toBe(1)
      await stop()
      expect(listeners).toBe(0)
    }
    await execution.delete()
  })

  test('by hand: what was asked for is not done any more', async () => {
    const { definition } = gated()
    const execution = createExecution(createPipe(), definition)
    const asked = [execution.tick(5), rejectionOf(execution.tick())]
    await expect.poll(() => execution.status.tick).toBe(1)
    await turn()
    expect(await execution.stop()).toMatchObject({ state: 'idle', tick: 1 })
    expect(await asked[0]).toMatchObject({ tick: 1, status: 'cancelled' })
    expect(await asked[1]).toMatchObject({ code: 'EXECUTION_STATE' })
    await execution.delete()
  })

  test('by hand, in the middle of a great many', async () => {
    const execution = patrolling({ battery: Infinity })
    const asked = execution.tick(1_000_000)
    await turns(3)
    const stopped = execution.stop()
    const { tick } = execution.status
    await stopped
    expect(await asked).toMatchObject({ tick })
    expect(execution.status.tick).toBe(tick)
    await execution.delete()
  })

  test('in the middle of a pass: the next tick begins another', async () => {
    const execution = patrolling()
    await execution.tick()
    expect(await execution.stop()).toMatchObject({ state: 'idle', tick: 1, pass: 1 })
    expect(await execution.tick()).toMatchObject({ pass: 2, status: 'running' })
    expect(execution.history.at(2)?.steps).toEqual({
      drive: { status: 'succeeded', tick: 2 },
      drain: { status: 'pending' },
    })
    await execution.delete()
  })

  test('before a step begins, when an observer of the tick says so', async () => {
    let ran = 0
    const execution = createExecution(
      createPipe(),
      single(() => ran++),
    )
    execution.events.on('tick:start', () => void execution.stop())
    execution.start(endless)
    expect(await execution.done).toMatchObject({ state: 'stopped', tickStatus: 'cancelled', ticksExecuted: 1 })
    expect(ran).toBe(0)
    await execution.delete()
  })

  test('in the middle of a pass, when an observer of the tick says so: that tick is cut off, and no pass begins', async () => {
    const undone: string[] = []
    const definition = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo: () => void undone.push('a') })
      return p.step('b', { after: [a], run: () => 2 })
    })
    const pipe = createPipe()
    let runs = 0
    pipe.events.on('run:start', () => runs++)
    const execution = createExecution(pipe, definition)
    await execution.tick()
    execution.events.once('tick:start', () => void execution.stop())
    expect(await execution.tick()).toMatchObject({ tick: 2, pass: 1, status: 'cancelled' })
    await execution.settled()
    expect(undone).toEqual(['a'])
    expect(runs).toBe(1)
    expect(execution.history.at(2)?.steps).toMatchObject({ a: { status: 'succeeded' }, b: { status: 'cancelled' } })
    expect(execution.statistics.steps).toMatchObject({ a: { settled: 1 }, b: { settled: 1, cancelled: 1 } })
    expect(await execution.tick()).toMatchObject({ tick: 3, pass: 2 })
    await execution.delete()
  })

  test('and what somebody who hears of it asks for waits until what was done is undone', async () => {
    const log: string[] = []
    const definition = pipeline('p', (p) => {
      const a = p.step('a', {
        run: () => log.push('done'),
        undo: async () => {
          await turns(3)
          log.push('undone')
        },
      })
      return p.step('b', { after: [a], run: () => 2 })
    })
    const execution = createExecution(createPipe(), definition)
    execution.start({ mode: 'interval', interval: '1h' })
    await expect.poll(() => execution.status.tickStatus).toBe('running')
    let again: Promise<Tick> | undefined
    execution.events.once('execution:stop', () => {
      again = execution.tick()
    })
    await execution.stop()
    expect(await again).toMatchObject({ tick: 2, pass: 2 })
    expect(log).toEqual(['done', 'undone', 'done'])
    await execution.delete()
  })

  test('and answers when somebody who hears of it starts it again', async () => {
    const execution = patrolling()
    execution.start(endless)
    execution.events.once('execution:stop', () => execution.start({ mode: 'interval', interval: '1h' }))
    expect(await execution.stop()).toMatchObject({ state: 'stopped', mode: 'auto' })
    expect(execution.status).toMatchObject({ state: 'running', mode: 'interval' })
    await execution.delete()
  })

  test('and can be started before that is over: the new ticks wait', async () => {
    const { definition } = gated()
    const execution = createExecution(createPipe(), definition)
    execution.start(endless)
    await expect.poll(() => execution.status.tick).toBe(1)
    await turn()
    const [first, stopped] = [execution.done, execution.stop()]
    execution.start({ mode: 'auto', maxTicks: 1 })
    expect(execution.status).toMatchObject({ state: 'running', ticksExecuted: 0 })
    const ended = { state: 'stopped', tick: 1, ticksExecuted: 1, tickStatus: 'cancelled', maxTicks: null }
    expect(await stopped).toMatchObject(ended)
    expect(await first).toMatchObject(ended)
    await expect.poll(() => execution.status.tick).toBe(2)
    await execution.delete()
  })
})
