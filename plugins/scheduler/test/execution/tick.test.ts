import { createPipe, definePlugin, pipeline, type Schema, type } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { createExecution } from '../../src/index.ts'
import { rejectionOf, turn } from './support/outcomes.ts'
import { gated, patrol, patrolling, single } from './support/patrol.ts'

describe('a tick', () => {
  test('starts every step that is ready, and answers when they have settled', async () => {
    const log: string[] = []
    const diamond = pipeline('diamond', (p) => {
      const step = (id: string) => async () => {
        log.push(`${id} begins`)
        await turn()
        log.push(`${id} ends`)
      }
      const a = p.step('a', { run: step('a') })
      const b = p.step('b', { run: step('b') })
      return p.step('c', { after: [a, b], run: step('c') })
    })
    const execution = createExecution(createPipe(), diamond)
    expect(await execution.tick()).toMatchObject({ tick: 1, pass: 1, status: 'running' })
    expect(log).toEqual(['a begins', 'b begins', 'a ends', 'b ends'])
    expect(await execution.tick()).toMatchObject({ tick: 2, pass: 1, status: 'success' })
    expect(log.slice(4)).toEqual(['c begins', 'c ends'])
    await execution.delete()
  })

  test('begins the next pass after the end of one, on the same blackboard', async () => {
    const execution = patrolling()
    expect(await execution.tick()).toMatchObject({ tick: 1, pass: 1, status: 'running' })
    expect(execution.blackboard.snapshot()).toEqual({ battery: 100, position: 1 })
    expect(await execution.tick()).toMatchObject({ tick: 2, pass: 1, status: 'success', output: 95 })
    expect(await execution.tick()).toMatchObject({ tick: 3, pass: 2, status: 'running' })
    expect(execution.blackboard.snapshot()).toEqual({ battery: 95, position: 2 })
    await execution.delete()
  })

  test('made n times answers with the last (S5.34)', async () => {
    const execution = patrolling()
    expect(await execution.tick(5)).toMatchObject({ tick: 5, pass: 3, status: 'running' })
    expect(execution.status).toMatchObject({ state: 'idle', mode: 'manual', tick: 5, pass: 3, ticksExecuted: 0 })
    expect(execution.history.length).toBe(5)
    await execution.delete()
  })

  test.each([0, -1, 1.5, NaN, Infinity])('cannot be made %d times', async (count) => {
    const execution = patrolling()
    expect(await rejectionOf(execution.tick(count))).toMatchObject({ code: 'OPTION_INVALID' })
    expect(execution.status.tick).toBe(0)
  })

  test('waits for those that were asked for before: they never overlap', async () => {
    const { definition, letGo } = gated()
    const execution = createExecution(createPipe(), definition)
    const order: string[] = []
    execution.events.on('tick:start', ({ tick }) => order.push(`start ${tick}`))
    execution.events.on('tick:end', ({ tick }) => order.push(`end ${tick}`))
    const asked = [execution.tick(2), execution.tick(), execution.tick()]
    for (let i = 0; i < 4; i++) {
      await expect.poll(() => order).toHaveLength(2 * i + 1)
      letGo()
    }
    expect((await Promise.all(asked)).map(({ tick }) => tick)).toEqual([2, 3, 4])
    expect(order).toEqual([1, 2, 3, 4].flatMap((tick) => [`start ${tick}`, `end ${tick}`]))
    await execution.delete()
  })

  test('of a pass in which a step fails is a failure, no error (S5.15)', async () => {
    const execution = patrolling({ battery: 5 })
    await execution.tick()
    const answer = await execution.tick()
    expect(answer).toMatchObject({ status: 'failure', error: { code: 'STEP_FAILED', step: 'drain' } })
    expect(answer.error?.cause).toEqual(new Error('empty'))
    expect(answer.error?.result?.steps).toMatchObject({
      drive: { status: 'succeeded' },
      drain: { status: 'failed' },
    })
    expect(execution.status).toMatchObject({ state: 'idle', tickStatus: 'failure', errorMessage: null })
    expect(await execution.tick()).toMatchObject({ pass: 2, status: 'running' })
    await execution.delete()
  })

  test('waits for the next attempt of a step when nothing else is ready, and for others first', async () => {
    const failing = definePlugin({
      name: 'again',
      policy:
        () =>
        ({ attempt }) =>
          attempt === 1 ? { retryAt: Date.now() + 20 } : undefined,
    })
    let calls = 0
    const definition = pipeline('retried', (p) => {
      const a = p.step('a', {
        run: () => {
          if (++calls === 1) throw new Error('not yet')
        },
      })
      const b = p.step('b', { run: () => undefined })
      const c = p.step('c', { after: [b], run: () => undefined })
      return p.step('d', { after: [a, c], run: () => undefined })
    })
    const execution = createExecution(createPipe({ plugins: [failing] }), definition)
    await execution.tick()
    expect(execution.history.at(1)?.steps).toMatchObject({
      a: { status: 'retrying', message: 'not yet' },
      b: { status: 'succeeded' },
      c: { status: 'pending' },
    })
    let last = await execution.tick()
    while (last.status === 'running') last = await execution.tick()
    expect(last.status).toBe('success')
    expect(calls).toBe(2)
    await execution.delete()
  })

  test('gets the input, the services and the options of runs', async () => {
    const definition = pipeline('p', { input: type<number>() }, (p, input) =>
      p.step('s', { needs: { input }, run: ({ input }, { context }) => [input, context['from']] }),
    )
    const execution = createExecution(createPipe(), definition, 7, { run: { context: { from: 'here' } } })
    expect(await execution.tick()).toMatchObject({ status: 'success', output: [7, 'here'] })
    await execution.delete()
  })
})

describe('a tick that is impossible', () => {
  const refusing: Schema<number> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: () => Promise.resolve({ issues: [{ message: 'no such number' }] }),
    },
  }
  const checked = pipeline('checked', { input: refusing }, (p) => p.step('work', { run: () => 1 }))

  test('rejects, and the state is error, with what it was (S5.15)', async () => {
    const execution = createExecution(createPipe(), checked, 1)
    const told: string[] = []
    for (const name of ['tick:start', 'tick:end', 'execution:error'] as const)
      execution.events.on(name, () => told.push(name))
    const error = await rejectionOf(execution.tick())
    expect(error).toMatchObject({ code: 'INPUT_INVALID' })
    expect(execution.error).toBe(error)
    expect(execution.status).toMatchObject({ state: 'error', tick: 1, tickStatus: 'failure' })
    expect(execution.status.errorMessage).toContain('no such number')
    expect(told).toEqual(['tick:start', 'tick:end', 'execution:error'])
    expect(execution.history.at(1)?.error).toMatchObject({ code: 'INPUT_INVALID' })
    await execution.stop()
    expect(execution.status.state).toBe('error')
    await execution.delete()
    expect(execution.status.state).toBe('error')
  })

  test('also when the pipe refuses at once, and while it is started', async () => {
    const pipe = createPipe()
    const execution = createExecution(pipe, patrol, undefined, { blackboard: { battery: 1, position: 0 } })
    await pipe.close()
    execution.start({ mode: 'auto' })
    const status = await execution.done
    expect(status).toMatchObject({ state: 'error', mode: 'auto', ticksExecuted: 1 })
    expect(status.errorMessage).toContain('closed')
    expect(status.stoppedAt).not.toBeNull()
    expect(await rejectionOf(execution.tick())).toMatchObject({ code: 'PIPE_CLOSED' })
    await execution.delete()
  })

  test('can be tried again by starting', async () => {
    let broken = true
    const plugin = definePlugin({
      name: 'late',
      setup: () => {
        if (broken) throw new Error('not there yet')
      },
    })
    const execution = createExecution(
      createPipe({ plugins: [plugin] }),
      single(() => 1),
    )
    execution.start({ mode: 'auto' })
    expect(await execution.done).toMatchObject({ state: 'error', ticksExecuted: 1 })
    broken = false
    execution.start({ mode: 'auto' })
    expect(execution.error).toBeUndefined()
    expect(await execution.done).toMatchObject({ state: 'stopped', errorMessage: null })
    await execution.delete()
  })

  test('by hand is over with the next one that is possible, unless it has ended what was started', async () => {
    let broken = true
    const definition = pipeline('p', { input: { '~standard': { ...refusing['~standard'], validate } } }, (p) =>
      p.step('a', { run: () => 1 }),
    )
    function validate(value: unknown) {
      return broken ? { issues: [{ message: 'not yet' }] } : { value: value as number }
    }
    const execution = createExecution(createPipe(), definition, 1)
    expect(await rejectionOf(execution.tick())).toMatchObject({ code: 'INPUT_INVALID' })
    expect(execution.status.state).toBe('error')
    broken = false
    await execution.tick()
    expect(execution.status).toMatchObject({ state: 'idle', errorMessage: null })
    expect(execution.error).toBeUndefined()
    expect(await execution.stop()).toMatchObject({ state: 'idle' })

    broken = true
    execution.start({ mode: 'auto' })
    const ended = await execution.done
    expect(ended).toMatchObject({ state: 'error', ticksExecuted: 1 })
    broken = false
    await execution.tick()
    expect(execution.status).toMatchObject({ state: 'error', errorMessage: ended.errorMessage })
    broken = true
    await rejectionOf(execution.tick())
    broken = false
    await execution.tick()
    expect(execution.status).toMatchObject({ state: 'error', errorMessage: ended.errorMessage })
    execution.start({ mode: 'auto' })
    expect(await execution.done).toMatchObject({ state: 'stopped', errorMessage: null })
    await execution.delete()
  })

  test('a pass that ended between two ticks says so with the next one', async () => {
    const definition = pipeline('slow', (p) => {
      const a = p.step('a', { run: () => 1 })
      return p.step('b', { after: [a], run: () => 2 })
    })
    const pipe = createPipe()
    const execution = createExecution(pipe, definition)
    await execution.tick()
    await pipe.close({ grace: 0 })
    expect(await execution.tick()).toMatchObject({ pass: 1, status: 'cancelled', error: { code: 'SHUTDOWN' } })
    expect(await rejectionOf(execution.tick())).toMatchObject({ code: 'PIPE_CLOSED' })
    await execution.delete()

    const limited = createExecution(createPipe(), definition, undefined, { run: { timeout: 1 } })
    await limited.tick()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await limited.tick()).toMatchObject({ pass: 1, status: 'failure', error: { code: 'TIMEOUT' } })
    await limited.delete()
  })
})
