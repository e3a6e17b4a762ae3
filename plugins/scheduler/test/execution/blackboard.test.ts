import { createPipe, pipeline } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { blackboard, createExecution } from '../../src/index.ts'
import { Board } from '../../src/execution/board.ts'
import { patrolling, single } from './support/patrol.ts'

const boardOf = (initial: object) => {
  const told: [key: string, value: unknown, previous: unknown][] = []
  const board = new Board(initial, true, (...change) => told.push(change))
  return { board, told }
}

describe('a blackboard', () => {
  test('has values by key', () => {
    const { board } = boardOf({ a: 1, b: undefined })
    expect(board.get('a')).toBe(1)
    expect(board.has('b')).toBe(true)
    expect(board.has('c')).toBe(false)
    expect(board.get('toString')).toBeUndefined()
    board.set('c', 3)
    board.update('a', (a) => Number(a) + 1)
    expect([...board.keys()]).toEqual(['a', 'b', 'c'])
    expect([...board.entries()]).toEqual([
      ['a', 2],
      ['b', undefined],
      ['c', 3],
    ])
    expect(board.delete('a')).toBe(true)
    expect(board.delete('a')).toBe(false)
    expect(board.snapshot()).toEqual({ b: undefined, c: 3 })
  })

  test('copies what it begins with', () => {
    const route = ['home']
    const initial = { route, nested: { route } }
    const { board } = boardOf(initial)
    route.push('away')
    expect(board.snapshot()).toEqual({ route: ['home'], nested: { route: ['home'] } })
    expect(Object.isFrozen(initial)).toBe(false)
    expect(Object.isFrozen(initial.nested)).toBe(false)
    expect(Object.isFrozen(board.get('nested'))).toBe(true)
  })

  test('freezes plain objects and arrays, all the way down, also those that lead back to themselves', () => {
    const { board } = boardOf({})
    const ring: Record<string, unknown> = { list: [{ deep: [1] }] }
    ring['self'] = ring
    board.set('ring', ring)
    const list = ring['list'] as [{ deep: number[] }]
    expect(() => list[0].deep.push(2)).toThrow(TypeError)
    expect(() => (ring['more'] = 1)).toThrow(TypeError)
    const bare = Object.assign(Object.create(null) as object, { a: [1] })
    board.set('bare', bare)
    expect(Object.isFrozen(bare) && Object.isFrozen(bare.a)).toBe(true)
    expect(boardOf({ ring }).board.get('ring')).toEqual(ring)
  })

  test('keeps instances of classes as they are', () => {
    class Motor {
      speed = 0
    }
    const motor = new Motor()
    const seen = new Set([1])
    const { board } = boardOf({ motor })
    board.set('parts', { motor, seen, at: new Date(0) })
    motor.speed = 5
    seen.add(2)
    expect(board.get('motor')).toBe(motor)
    expect(board.get('parts')).toEqual({ motor: { speed: 5 }, seen: new Set([1, 2]), at: new Date(0) })
  })

  test('freezes and copies what is nested deeply without running out of stack', () => {
    const deep = () => {
      let value: object = {}
      for (let i = 0; i < 100_000; i++) value = { value }
      return value
    }
    const { board } = boardOf({ deep: deep() })
    board.set('again', deep())
    expect(Object.isFrozen(board.get('again'))).toBe(true)
  })

  test('has keys of any name', () => {
    const initial = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}') as object
    const { board } = boardOf(initial)
    board.set('hasOwnProperty', 3)
    expect(JSON.stringify(board.snapshot())).toBe('{"__proto__":{"a":1},"constructor":2,"hasOwnProperty":3}')
    expect(({} as { a?: number }).a).toBeUndefined()
  })

  test('tells of changes only', () => {
    const { board, told } = boardOf({ a: 1, n: NaN })
    board.set('a', 1)
    board.set('n', NaN)
    board.set('u', undefined)
    board.set('u', undefined)
    board.set('a', 2)
    board.delete('a')
    board.delete('a')
    expect(told).toEqual([
      ['u', undefined, undefined],
      ['a', 2, 1],
      ['a', undefined, 2],
    ])
  })

  test('gives snapshots that do not change any more, and the same one while nothing changes', () => {
    const { board } = boardOf({ a: 1 })
    const before = board.snapshot()
    expect(board.snapshot()).toBe(before)
    board.set('a', 2)
    expect(before).toEqual({ a: 1 })
    expect(board.snapshot()).toEqual({ a: 2 })
    expect(Object.isFrozen(before)).toBe(true)
  })

  test('is one for all steps of an execution, whatever each sees of it, also in pipelines that are called', async () => {
    const Position = blackboard<{ position: number }>()
    const Names = blackboard<{ names: readonly string[] }>()
    const inner = pipeline('inner', (p) =>
      p.step('move', { uses: { at: Position }, run: (_, { use: { at } }) => at.set('position', 1) }),
    )
    const outer = pipeline('outer', (p) => {
      const call = p.call('call', inner)
      return p.step('name', {
        after: [call],
        uses: { board: Names },
        run: (_, { use: { board } }) => board.update('names', (names) => [...names, 'b']),
      })
    })
    const execution = createExecution(createPipe(), outer, undefined, { blackboard: { position: 0, names: ['a'] } })
    while ((await execution.tick()).status === 'running');
    expect(execution.blackboard.snapshot()).toEqual({ position: 1, names: ['a', 'b'] })
    expect(Object.keys(execution.history.at(1)?.steps ?? {})).toEqual(['call', 'call/move', 'name'])
    await execution.delete()
  })

  test('is one for each execution, also with the same keys (S5.20)', async () => {
    const initial = { battery: 100, position: 0 }
    const executions = [1, 2, 3].map(() => patrolling())
    await Promise.all(executions.map((execution, i) => execution.tick(2 * (i + 1))))
    expect(executions.map(({ blackboard }) => blackboard.get('battery'))).toEqual([95, 90, 85])
    expect(initial).toEqual({ battery: 100, position: 0 })
    await Promise.all(executions.map((execution) => execution.delete()))
  })

  test('need not be there', async () => {
    const execution = createExecution(
      createPipe(),
      single(() => 1),
    )
    expect(await execution.tick()).toMatchObject({ status: 'success' })
    expect(execution.blackboard.snapshot()).toEqual({})
    await execution.delete()
  })

  test('can be changed from outside between two ticks', async () => {
    const execution = patrolling()
    await execution.tick()
    execution.blackboard.set('battery', 50)
    await execution.tick()
    expect(execution.blackboard.get('battery')).toBe(45)
    expect(execution.history.changes(1, 2).blackboard).toEqual({ battery: { from: 100, to: 45 } })
    await execution.delete()
  })
})
