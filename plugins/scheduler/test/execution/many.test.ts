import { createPipe, pipeline } from '@pipe/core'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { blackboard, createExecution } from '../../src/index.ts'
import { turn } from './support/outcomes.ts'
import { patrol, single } from './support/patrol.ts'

const Counter = blackboard<{ count: number }>()

const counting = pipeline('counting', (p) => {
  const a = p.step('a', { run: () => 1 })
  return p.step('b', {
    needs: { a },
    uses: { board: Counter },
    run: ({ a }, { use: { board } }) => board.update('count', (n) => n + a),
  })
})

describe('many executions', () => {
  test('that go back to back all finish, and keep to themselves (S5.19)', async () => {
    const pipe = createPipe()
    const executions = Array.from({ length: 300 }, (_, i) =>
      createExecution(pipe, patrol, undefined, { id: `e${i}`, blackboard: { battery: 1_000, position: 1_000 * i } }),
    )
    const ticks = new Map<string, number>()
    pipe.events.on('tick:end', ({ executionId }) => ticks.set(executionId, (ticks.get(executionId) ?? 0) + 1))
    for (const execution of executions) execution.start({ mode: 'auto', stopOnTerminal: false, maxTicks: 50 })
    const ends = await Promise.all(executions.map(({ done }) => done))
    expect(ends.every(({ state, ticksExecuted }) => state === 'stopped' && ticksExecuted === 50)).toBe(true)
    for (const [i, { id, blackboard }] of executions.entries()) {
      expect(ticks.get(id)).toBe(50)
      expect(blackboard.snapshot()).toEqual({ battery: 1_000 - 25 * 5, position: 1_000 * i + 25 })
    }
    await Promise.all(executions.map((execution) => execution.delete()))
    await pipe.close()
  })

  test('get on equally', async () => {
    const pipe = createPipe()
    const executions = Array.from({ length: 300 }, () =>
      createExecution(pipe, counting, undefined, { blackboard: { count: 0 }, history: false }),
    )
    for (const execution of executions) execution.start({ mode: 'auto', stopOnTerminal: false })
    await expect.poll(() => executions[0]?.status.tick, { timeout: 30_000 }).toBeGreaterThan(50)
    const ticks = executions.map(({ status }) => status.tick)
    expect(Math.min(...ticks) / Math.max(...ticks)).toBeGreaterThan(0.8)
    await Promise.all(executions.map((execution) => execution.delete()))
  })

  test.each([1, 300])('leave the event loop to timers: %d of them, of synchronous steps (S5.6)', async (count) => {
    const pipe = createPipe()
    const executions = Array.from({ length: count }, () =>
      createExecution(pipe, counting, undefined, { blackboard: { count: 0 }, history: { limit: 10 } }),
    )
    for (const execution of executions) execution.start({ mode: 'auto', stopOnTerminal: false })
    // Without turns no timer would ever fire.
    let fired = 0
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (++fired < 20) return
        clearInterval(timer)
        resolve()
      }, 1)
    })
    expect(executions.every(({ isRunning, status }) => isRunning && status.tick > 0)).toBe(true)
    await Promise.all(executions.map((execution) => execution.delete()))
  })

  test.each(['one call', 'many calls'])('ticked by hand a great many times do too, in %s', async (how) => {
    const execution = createExecution(createPipe(), counting, undefined, { blackboard: { count: 0 }, history: false })
    let fired = 0
    const timer = setInterval(() => fired++, 1)
    if (how === 'one call') await execution.tick(20_000)
    else for (let i = 0; i < 20_000; i++) await execution.tick()
    clearInterval(timer)
    expect(fired).toBeGreaterThan(0)
    await execution.delete()
  })

  test('can be paused, resumed and stopped by many at once (S5.5)', async () => {
    const execution = createExecution(createPipe(), counting, undefined, { blackboard: { count: 0 } })
    execution.start({ mode: 'auto', stopOnTerminal: false })
    const calls = [() => execution.pause(), () => execution.resume(), () => execution.stop(), () => execution.tick()]
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, async (_, i) => {
        for (let hops = 0; hops < i; hops++) await Promise.resolve()
        return calls[(i * 7) % 4]!()
      }),
    )
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'EXECUTION_STATE' })
    expect(await execution.stop()).toMatchObject({ state: 'stopped' })
    const { tick } = execution.status
    expect(execution.statistics.ticks).toBe(tick)
    await execution.delete()
  })

  test('with one interval share the event loop too, instead of holding it until all have had their tick', async () => {
    // Later than the turns that others had; it goes on with what is done.
    const begin = performance.now() + 10
    let time = begin
    const watch = vi.spyOn(performance, 'now').mockImplementation(() => time)
    onTestFinished(() => watch.mockRestore())
    const pipe = createPipe()
    const executions = Array.from({ length: 60 }, () =>
      createExecution(
        pipe,
        single(() => (time += 1)),
        undefined,
        { history: false },
      ),
    )
    for (const execution of executions) execution.start({ mode: 'interval', interval: '1h', stopOnTerminal: false })
    let held = 0
    for (let last = begin; executions.some(({ status }) => status.tickStatus === null); last = time) {
      await turn()
      held = Math.max(held, time - last)
    }
    expect(time).toBe(begin + 60)
    // 8 ms, and those that had been let in by then.
    expect(held).toBeLessThanOrEqual(12)
    await Promise.all(executions.map((execution) => execution.delete()))
  })
})
