import { createPipe, type PipelineError } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { createExecution, type StartExecutionOptions } from '../../src/index.ts'
import { rejectionOf, thrownBy, turn } from './support/outcomes.ts'
import { gated, patrolling, single } from './support/patrol.ts'

const endless = { mode: 'auto', stopOnTerminal: false } as const

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await turn()
}

describe('the status', () => {
  test('has every key, with null where there is nothing (S5.2, S5.17, S5.33)', () => {
    const execution = patrolling({ id: 'e1' })
    expect(execution.status).toEqual({
      executionId: 'e1',
      pipeline: 'patrol',
      state: 'idle',
      mode: 'manual',
      intervalMs: null,
      maxTicks: null,
      ticksExecuted: 0,
      skippedTicks: 0,
      tick: 0,
      pass: 0,
      tickStatus: null,
      startedAt: null,
      stoppedAt: null,
      errorMessage: null,
    })
    expect(execution.isRunning).toBe(false)
    expect(execution.error).toBeUndefined()
  })

  test('is plain data that does not change any more', async () => {
    const execution = patrolling()
    const before = execution.status
    execution.start({ mode: 'interval', interval: '1s', maxTicks: 5 })
    expect(execution.status).toMatchObject({ state: 'running', mode: 'interval', intervalMs: 1000, maxTicks: 5 })
    expect(before).toMatchObject({ state: 'idle', mode: 'manual' })
    expect(JSON.parse(JSON.stringify(execution.status))).toEqual(execution.status)
    await execution.delete()
  })

  test('of nothing that was started is there at once', async () => {
    const execution = patrolling()
    await execution.tick()
    expect(await execution.done).toMatchObject({ state: 'idle', tick: 1 })
    await execution.delete()
  })
})

describe('starting', () => {
  test('has defaults (S5.3)', async () => {
    const execution = patrolling()
    expect(execution.start({ mode: 'interval' })).toMatchObject({ state: 'running', intervalMs: 100, maxTicks: null })
    expect(execution.isRunning).toBe(true)
    await execution.stop()
    expect(execution.start({ mode: 'auto' })).toMatchObject({ intervalMs: null })
    expect(await execution.done).toMatchObject({ state: 'stopped', tickStatus: 'success' })
    await execution.delete()
  })

  test.each<[object, string]>([
    [{ mode: 'manual' }, 'mode'],
    [{}, 'mode'],
    [{ mode: 'interval', interval: 5 }, 'interval'],
    [{ mode: 'interval', interval: '9ms' }, 'interval'],
    [{ mode: 'interval', interval: Infinity }, 'interval'],
    [{ mode: 'interval', interval: 'soon' }, 'interval'],
    [{ mode: 'auto', maxTicks: 0 }, 'maxTicks'],
    [{ mode: 'auto', maxTicks: 1.5 }, 'maxTicks'],
    [{ mode: 'auto', stopOnTerminal: 1 }, 'stopOnTerminal'],
    [{ mode: 'auto', fixedDelay: 'yes' }, 'fixedDelay'],
    [{ mode: 'auto', signal: {} }, 'signal'],
    [{ mode: 'auto', ticks: 4 }, 'ticks'],
  ])('with %j is refused (S5.3, S5.4)', (options, field) => {
    const execution = patrolling()
    const error = thrownBy(() => execution.start(options as StartExecutionOptions)) as PipelineError
    expect(error).toMatchObject({ code: 'OPTION_INVALID' })
    expect(error.message).toContain(`\`${field}\``)
    expect(execution.status.state).toBe('idle')
  })

  test('twice is refused (S5.13), and while paused too (S5.14)', async () => {
    const execution = patrolling({ id: 'e1' })
    execution.start(endless)
    expect(thrownBy(() => execution.start(endless))).toMatchObject({
      code: 'EXECUTION_STATE',
      message: 'Execution e1 cannot be started: it is running, not idle or stopped or error.',
    })
    execution.pause()
    expect(thrownBy(() => execution.start(endless))).toMatchObject({ code: 'EXECUTION_STATE' })
    expect(execution.status).toMatchObject({ state: 'paused', tick: 0 })
    await execution.delete()
  })

  test('again counts anew, and goes on with the pass', async () => {
    const execution = patrolling()
    execution.start({ mode: 'auto', maxTicks: 1 })
    const first = await execution.done
    expect(first).toMatchObject({ ticksExecuted: 1, tick: 1, pass: 1, state: 'stopped' })
    execution.start({ mode: 'auto' })
    expect(execution.status).toMatchObject({ ticksExecuted: 0, stoppedAt: null })
    expect(await execution.done).toMatchObject({ ticksExecuted: 1, tick: 2, pass: 1, tickStatus: 'success' })
    await execution.delete()
  })

  test('leaves a turn to those who want to listen', async () => {
    const execution = patrolling()
    execution.start({ mode: 'auto' })
    let ticks = 0
    execution.events.on('tick:start', () => ticks++)
    expect(execution.status.tick).toBe(0)
    await execution.done
    expect(ticks).toBe(2)
    await execution.delete()
  })
})

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

  test('and can be started before that is over: the new ticks wait', async () => {
    const { definition } = gated()
    const execution = createExecution(createPipe(), definition)
    execution.start(endless)
    await expect.poll(() => execution.status.tick).toBe(1)
    await turn()
    const [first, stopped] = [execution.done, execution.stop()]
    execution.start({ mode: 'auto', maxTicks: 1 })
    expect(execution.status).toMatchObject({ state: 'running', ticksExecuted: 0 })
    await stopped
    expect(await first).toMatchObject({ state: 'stopped', ticksExecuted: 1 })
    await expect.poll(() => execution.status.tick).toBe(2)
    await execution.delete()
  })
})

describe('a pause', () => {
  test('is possible only while it runs (S5.11), its end only while it is paused (S5.12)', async () => {
    const execution = patrolling({ id: 'e1' })
    expect(thrownBy(() => execution.pause())).toMatchObject({
      code: 'EXECUTION_STATE',
      message: 'Execution e1 cannot be paused: it is idle, not running.',
    })
    expect(thrownBy(() => execution.resume())).toMatchObject({ code: 'EXECUTION_STATE' })
    execution.start(endless)
    expect(thrownBy(() => execution.resume())).toMatchObject({ code: 'EXECUTION_STATE' })
    execution.pause()
    expect(thrownBy(() => execution.pause())).toMatchObject({ code: 'EXECUTION_STATE' })
    await execution.stop()
    expect(thrownBy(() => execution.resume())).toMatchObject({ code: 'EXECUTION_STATE' })
    await execution.delete()
  })

  test('lets no tick begin from then on, and one that is going on end (S5.11)', async () => {
    const { definition, letGo } = gated()
    const execution = createExecution(createPipe(), definition)
    execution.start(endless)
    await expect.poll(() => execution.status.tick).toBe(1)
    await turn()
    expect(execution.pause()).toMatchObject({ state: 'paused', ticksExecuted: 1 })
    letGo()
    await execution.settled()
    expect(execution.status).toMatchObject({ state: 'paused', tickStatus: 'success' })
    await turns(5)
    expect(execution.status).toMatchObject({ ticksExecuted: 1, tick: 1 })
    await execution.delete()
  })

  test('ends with the counters kept (S5.12)', async () => {
    const execution = patrolling()
    execution.start({ ...endless, maxTicks: 1000 })
    await turns(2)
    const { ticksExecuted } = execution.pause()
    await turns(3)
    expect(execution.resume()).toMatchObject({ state: 'running', ticksExecuted })
    expect(await execution.done).toMatchObject({ ticksExecuted: 1000 })
    await execution.delete()
  })

  test('lets one tick by hand, which does not count as one of those that were started', async () => {
    const execution = patrolling()
    execution.start(endless)
    expect(await rejectionOf(execution.tick())).toMatchObject({ code: 'EXECUTION_STATE' })
    execution.pause()
    await execution.settled()
    const { tick, ticksExecuted } = execution.status
    expect(await execution.tick()).toMatchObject({ tick: tick + 1 })
    expect(execution.status).toMatchObject({ state: 'paused', ticksExecuted, tick: tick + 1 })
    expect(execution.history.at(tick + 1)).toMatchObject({ mode: 'manual', isRunning: false })
    await execution.delete()
  })

  test('does not keep what was started from coming to its own end', async () => {
    const { definition, letGo } = gated()
    const execution = createExecution(createPipe(), definition)
    execution.start({ mode: 'auto' })
    await expect.poll(() => execution.status.tick).toBe(1)
    await turn()
    execution.pause()
    letGo()
    expect(await execution.done).toMatchObject({ state: 'stopped', tickStatus: 'success' })
    await execution.delete()
  })
})

describe('deleting', () => {
  test('stops it and lets go of listeners, history and runs (S5.18)', async () => {
    const pipe = createPipe()
    const { definition } = gated()
    const execution = createExecution(pipe, definition)
    const told: string[] = []
    execution.events.on('tick:end', () => told.push('tick:end')).on('execution:stop', () => told.push('stop'))
    execution.events.on('blackboard:change', () => told.push('change'))
    execution.start(endless)
    await expect.poll(() => execution.status.tick).toBe(1)
    const deleted = execution.delete()
    expect(execution.delete()).toBe(deleted)
    await deleted
    expect(told.sort()).toEqual(['stop', 'tick:end'])
    execution.blackboard.set('left' as never, 1 as never)
    expect(told).toHaveLength(2)
    expect(execution.status.state).toBe('stopped')
    expect(execution.history.all()).toEqual([])
    expect(execution.history.length).toBe(0)
    await pipe.close()
  })

  test('is for ever, and may be repeated', async () => {
    const execution = patrolling({ id: 'e1' })
    await execution.tick()
    await execution.delete()
    await execution.delete()
    await execution.stop()
    const message = 'Execution e1 cannot be started: it is deleted.'
    expect(thrownBy(() => execution.start(endless))).toMatchObject({ code: 'EXECUTION_STATE', message })
    expect(await rejectionOf(execution.tick())).toMatchObject({ code: 'EXECUTION_STATE' })
    expect(execution.status).toMatchObject({ state: 'idle', tick: 1 })
  })

  test('happens by itself at the end of a block', async () => {
    const pipe = createPipe()
    {
      await using execution = createExecution(pipe, gated().definition)
      execution.start(endless)
      await turn()
    }
    await pipe.close()
  })
})

describe('an execution', () => {
  test.each<[object, string]>([
    [{ id: '' }, 'id'],
    [{ blackboard: 1 }, 'blackboard'],
    [{ history: true }, 'history'],
    [{ history: { limit: 0 } }, 'history.limit'],
    [{ history: { most: 0 } }, 'history.most'],
    [{ clock: {} }, 'clock'],
    [{ onError: 1 }, 'onError'],
    [{ run: 1 }, 'run'],
    [{ blackbord: {} }, 'blackbord'],
  ])('cannot be made with %j', (options, field) => {
    const error = thrownBy(() =>
      createExecution(
        createPipe(),
        single(() => 1),
        undefined,
        options,
      ),
    ) as PipelineError
    expect(error).toMatchObject({ code: 'OPTION_INVALID' })
    expect(error.message).toContain(`\`${field}\``)
  })

  test('has an id of its own, and its passes have others', async () => {
    const pipe = createPipe()
    const runs: string[] = []
    pipe.events.on('run:start', ({ runId }) => runs.push(runId))
    const [a, b] = [
      createExecution(
        pipe,
        single(() => 1),
      ),
      createExecution(
        pipe,
        single(() => 1),
      ),
    ]
    await Promise.all([a.tick(2), b.tick(1)])
    expect(new Set([a.id, b.id, ...runs]).size).toBe(5)
    await Promise.all([a.delete(), b.delete()])
  })
})
