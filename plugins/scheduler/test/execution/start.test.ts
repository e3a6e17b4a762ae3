import { createPipe, type PipelineError } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { createExecution, type StartExecutionOptions } from '../../src/index.ts'
import { thrownBy } from './support/outcomes.ts'
import { gated, patrolling, single } from './support/patrol.ts'

const endless = { mode: 'auto', stopOnTerminal: false } as const

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

  test('is refused while ticks by hand are asked for, until they are over or it is stopped', async () => {
    const { definition, letGo } = gated()
    const execution = createExecution(createPipe(), definition, undefined, { id: 'e1' })
    const asked = [execution.tick(), execution.tick(9)]
    const refused = {
      code: 'EXECUTION_STATE',
      message: 'Execution e1 cannot be started: ticks by hand are going on; wait for them, or stop it.',
    }
    expect(thrownBy(() => execution.start(endless))).toMatchObject(refused)
    await expect.poll(() => execution.status.tick).toBe(1)
    letGo()
    await asked[0]
    expect(thrownBy(() => execution.start(endless))).toMatchObject(refused)
    const stopped = execution.stop()
    expect(execution.start({ mode: 'auto', maxTicks: 1 })).toMatchObject({ state: 'running' })
    await stopped
    await Promise.allSettled(asked)
    const { tick } = execution.status
    await expect.poll(() => execution.status.ticksExecuted).toBe(1)
    await execution.stop()
    expect(execution.status.tick).toBeLessThanOrEqual(tick + 1)
    execution.start({ mode: 'auto', maxTicks: 1 })
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

describe('an execution', () => {
  test.each<[object, string]>([
    [{ id: '' }, 'id'],
    [{ blackboard: 1 }, 'blackboard'],
    [{ history: true }, 'history'],
    [{ history: { limit: 0 } }, 'history.limit'],
    [{ history: { most: 0 } }, 'history.most'],
    [{ clock: {} }, 'clock'],
    [{ clock: { now: 1, monotonic: 1, setTimeout: 1, clearTimeout: 1 } }, 'clock'],
    [{ clock: { monotonic: () => 1, setTimeout: () => 1, clearTimeout: () => 1 } }, 'clock'],
    [{ services: { blackboard: {} } }, 'services'],
    [{ run: { id: 'same' } }, 'run'],
    [{ run: { signal: AbortSignal.abort() } }, 'run'],
    [{ run: { services: {} } }, 'run'],
    [{ run: { paused: false } }, 'run'],
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
