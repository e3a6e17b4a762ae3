import { createPipe, pipeline } from '@pipe/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blackboard, type Change, createExecution, type ExecutionSnapshot } from '../../src/index.ts'
import { patrol, patrolling } from './support/patrol.ts'

describe('the history', () => {
  test('has a snapshot of each tick, while it runs too (S5.29, S5.32)', async () => {
    const execution = patrolling({ id: 'e1' })
    let seen = 0
    execution.events.on('tick:end', ({ tick }) => {
      expect(execution.history.length).toBe(tick)
      expect(execution.history.at(tick)?.tick).toBe(tick)
      seen++
    })
    execution.start({ mode: 'auto', stopOnTerminal: false, maxTicks: 20 })
    await execution.done
    expect(seen).toBe(20)
    expect(execution.history.all().map(({ tick }) => tick)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    expect(execution.history.at(3)).toEqual({
      executionId: 'e1',
      pipeline: 'patrol',
      tick: 3,
      pass: 2,
      status: 'running',
      mode: 'auto',
      isRunning: true,
      startedAt: expect.any(Number) as number,
      durationMs: expect.any(Number) as number,
      steps: { drive: { status: 'succeeded', tick: 3 }, drain: { status: 'pending' } },
      blackboard: { battery: 95, position: 2 },
    })
    await execution.delete()
  })

  test('is plain data that JSON keeps', async () => {
    const definition = pipeline('versioned', { version: '2' }, (p) =>
      p.step('fails', { run: () => Promise.reject(new Error('no')) }),
    )
    const execution = createExecution(createPipe(), definition)
    await execution.tick()
    const snapshot = execution.history.at(1)
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
    expect(snapshot).toMatchObject({
      version: '2',
      status: 'failure',
      error: { code: 'STEP_FAILED', step: 'fails', cause: { message: 'no' } },
      steps: { fails: { status: 'failed', tick: 1, message: 'no' } },
    })
    await execution.delete()
  })

  test('forgets the oldest tick first (S5.30)', async () => {
    const execution = patrolling({ battery: 10_000 })
    await execution.tick(1_001)
    expect(execution.history.length).toBe(1_000)
    expect(execution.history.at(1)).toBeUndefined()
    expect(execution.history.at(2)).toMatchObject({ tick: 2, blackboard: { battery: 9_995, position: 1 } })
    expect(execution.history.all()[0]?.tick).toBe(2)
    await execution.delete()
  })

  test('keeps nothing where it is told so', async () => {
    const execution = patrolling({ history: false })
    await execution.tick(4)
    expect(execution.history.all()).toEqual([])
    expect(execution.history.changes(1, 2)).toEqual({ steps: {}, blackboard: {} })
    expect(execution.statistics.ticks).toBe(4)
    await execution.delete()
  })

  test('gives ranges with both ends, as far as there is something (S5.31)', async () => {
    const execution = patrolling({ history: { limit: 4 } })
    await execution.tick(6)
    const ticks = (from: number, to: number) => execution.history.range(from, to).map(({ tick }) => tick)
    expect(ticks(4, 5)).toEqual([4, 5])
    expect(ticks(-5, 99)).toEqual([3, 4, 5, 6])
    expect(ticks(5, 4)).toEqual([])
    expect(ticks(7, 9)).toEqual([])
    expect(ticks(NaN, 9)).toEqual([])
    await execution.delete()
  })

  test('says what changed from one tick to another, in both directions (S5.31)', async () => {
    const Board = blackboard<{ count: number; note?: string }>()
    const definition = pipeline('p', (p) => {
      const a = p.step('a', {
        uses: { board: Board },
        run: (_, { use: { board } }) => {
          board.update('count', (count) => count + 1)
          if (board.get('count') === 1) board.set('note', 'first')
          else board.delete('note')
        },
      })
      return p.step('b', { after: [a], when: () => false, run: () => undefined })
    })
    const execution = createExecution(createPipe(), definition, undefined, { blackboard: { count: 0 } })
    await execution.tick(4)
    const { history } = execution
    expect(history.changes(1, 2)).toEqual({
      status: { from: 'running', to: 'success' },
      steps: { b: { from: 'pending', to: 'skipped' } },
      blackboard: {},
    })
    expect(history.changes(2, 3)).toEqual({
      status: { from: 'success', to: 'running' },
      steps: { b: { from: 'skipped', to: 'pending' } },
      blackboard: { count: { from: 1, to: 2 }, note: { from: 'first' } },
    })
    expect(history.changes(3, 1)).toEqual({
      steps: {},
      blackboard: { count: { from: 2, to: 1 }, note: { to: 'first' } },
    })
    expect(history.changes(2, 2)).toEqual({ steps: {}, blackboard: {} })
    expect(history.changes(1, 9)).toEqual({ steps: {}, blackboard: {} })
    expect(history.changes(0.5, 2)).toEqual({ steps: {}, blackboard: {} })
    await execution.delete()
  })

  test('says what the first tick changed that is kept', async () => {
    const execution = patrolling({ history: { limit: 3 } })
    const { history } = execution
    await execution.tick()
    expect(history.changes(0, 1)).toEqual({
      status: { to: 'running' },
      steps: { drive: { from: 'pending', to: 'succeeded' } },
      blackboard: { position: { from: 0, to: 1 } },
    })
    expect(history.changes(1, 0).blackboard).toEqual({ position: { from: 1, to: 0 } })
    await execution.tick(5)
    expect(history.changes(3, 4)).toEqual({
      status: { from: 'running', to: 'success' },
      steps: { drain: { from: 'pending', to: 'succeeded' } },
      blackboard: { battery: { from: 95, to: 90 } },
    })
    expect(history.changes(2, 4)).toEqual({ steps: {}, blackboard: {} })
    await execution.delete()
  })

  test('leaves out the steps inside items and iterations, however many there are', async () => {
    const inner = pipeline('inner', (p) => p.step('leaf', { run: () => 1 }))
    const definition = pipeline('p', (p) => p.map('each', { over: () => [undefined, undefined], run: inner }))
    const execution = createExecution(createPipe(), definition)
    await execution.tick(3)
    expect(Object.keys(execution.history.at(3)?.steps ?? {})).toEqual(['each'])
    expect(Object.keys(execution.statistics.steps)).toEqual(['each'])
    await execution.delete()
  })

  test('shares what did not change', async () => {
    const execution = createExecution(
      createPipe(),
      pipeline('p', (p) => p.step('a', { run: () => 1 })),
    )
    await execution.tick(3)
    const [first, second] = execution.history.all()
    expect(second?.blackboard).toBe(first?.blackboard)
    await execution.delete()
  })

  test('is the same as copies made after each tick, whatever is changed and forgotten', async () => {
    const key = fc.constantFrom('a', 'b', 'c')
    const change = fc.oneof(
      fc.record({ op: fc.constant('set' as const), key, value: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ op: fc.constant('delete' as const), key, value: fc.constant(0) }),
      fc.record({ op: fc.constant('stop' as const), key, value: fc.constant(0) }),
    )
    const scripts = fc.array(fc.array(change, { maxLength: 3 }), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(scripts, fc.integer({ min: 1, max: 6 }), async (script, limit) => {
        const options = { blackboard: { battery: 20, position: 0 }, history: { limit } }
        const execution = createExecution(createPipe(), patrol, undefined, options)
        const board = execution.blackboard as unknown as {
          set(key: string, value: number): void
          delete(key: string): void
        }
        const copies: Pick<ExecutionSnapshot, 'tick' | 'status' | 'blackboard'>[] = []
        for (const changes of script) {
          for (const { op, key, value } of changes) {
            if (op === 'set') board.set(key, value)
            else if (op === 'delete') board.delete(key)
            else await execution.stop()
          }
          const { tick, status } = await execution.tick()
          copies.push({ tick, status, blackboard: { ...execution.blackboard.snapshot() } })
        }
        const kept = copies.slice(-limit)
        const { history } = execution
        expect(history.all()).toMatchObject(kept)
        expect(history.all().map(({ blackboard }) => blackboard)).toEqual(kept.map(({ blackboard }) => blackboard))
        for (const { steps, status } of history.all()) {
          expect(steps['drive']?.status).toBe('succeeded')
          expect(steps['drain']?.status).toBe(
            { running: 'pending', success: 'succeeded', failure: 'failed' }[status as 'running'],
          )
        }
        for (const from of kept) {
          expect(history.at(from.tick)).toEqual(history.range(from.tick, from.tick)[0])
          for (const to of kept) {
            const { steps, status, ...changes } = history.changes(from.tick, to.tick)
            const blackboard: Readonly<Record<string, Change<unknown> | undefined>> = { ...changes.blackboard }
            const names = new Set([...Object.keys(from.blackboard), ...Object.keys(to.blackboard)])
            for (const name of names) {
              const [before, after] = [from.blackboard[name], to.blackboard[name]]
              if (before === after) expect(blackboard[name]).toBeUndefined()
              else expect([blackboard[name]?.from, blackboard[name]?.to]).toEqual([before, after])
            }
            expect(Object.keys(blackboard).every((name) => names.has(name))).toBe(true)
            expect(status === undefined).toBe(from.status === to.status)
            const drain = ({ tick }: { readonly tick: number }) => history.at(tick)?.steps['drain']?.status
            expect([steps['drain']?.from, steps['drain']?.to]).toEqual(
              drain(from) === drain(to) ? [undefined, undefined] : [drain(from), drain(to)],
            )
          }
        }
        await execution.delete()
      }),
      { numRuns: 100 },
    )
  })

  test('costs a tick what it changes, however much there is', async () => {
    const keys = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, i]))
    const Counter = blackboard<{ count: number }>()
    const definition = pipeline('p', (p) =>
      p.step('count', {
        uses: { board: Counter },
        run: (_, { use: { board } }) => board.update('count', (n) => n + 1),
      }),
    )
    const execution = createExecution(createPipe(), definition, undefined, { blackboard: { ...keys, count: 0 } })
    // With a copy of the blackboard per tick these would be 40 million entries: minutes, and gigabytes.
    await execution.tick(2_000)
    expect(execution.history.at(1_500)?.blackboard).toMatchObject({ key19999: 19_999, count: 1_500 })
    await execution.delete()
  })
})
