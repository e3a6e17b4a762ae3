import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Buffer } from '../../src/tracker/buffer.ts'
import type { Change, Rows } from '../../src/tracker/change.ts'
import { aRun, aStep } from '../support/states.ts'

const add = (buffer: Buffer, row: Rows['step_executions'], weight: 'needed' | 'detail' = 'detail') =>
  buffer.add({ kind: 'step_executions', row }, weight)

const paths = (buffer: Buffer, count = 1_000) => buffer.take(count).rows.step_executions.map(({ path }) => path)

describe('rows that wait', () => {
  it('come out in the order in which they came', () => {
    const buffer = new Buffer(100)
    for (const path of ['c', 'a', 'b']) add(buffer, aStep({ path }))
    expect(paths(buffer, 2)).toEqual(['c', 'a'])
    expect(paths(buffer)).toEqual(['b'])
  })

  it('are one for each step: the last state, with what only the first one says', () => {
    const buffer = new Buffer(100)
    add(buffer, aStep({ status: 'running', started_at: 5, wait_ms: 2, input: '1' }))
    add(buffer, aStep({ status: 'succeeded', started_at: undefined, output: '2' }))
    expect(buffer.size).toBe(1)
    expect(buffer.take(9).rows.step_executions).toEqual([
      aStep({ status: 'succeeded', started_at: 5, wait_ms: 2, input: '1', output: '2' }),
    ])
  })

  it('take in the undo of their step', () => {
    const buffer = new Buffer(100)
    add(buffer, aStep())
    const undo = { run_id: 'r', execution: 'e', path: 'a', undo_status: 'done', undo_error: undefined }
    expect(buffer.undo(undo)).toBe(true)
    expect(buffer.take(9).rows.step_executions).toEqual([aStep({ undo_status: 'done' })])
    expect(buffer.undo(undo)).toBe(false)
  })

  it('are those of one execution of a run at a time', () => {
    const buffer = new Buffer(100)
    for (const execution of ['e', 'f']) {
      add(buffer, aStep({ execution }))
      add(buffer, aStep({ execution, path: 'b' }))
      add(buffer, aStep({ execution: 'o', run_id: 'o', path: execution }))
    }
    const taken = () =>
      buffer.take(9).rows.step_executions.map(({ run_id, path, execution }) => [run_id, path, execution].join(' '))
    expect(taken()).toEqual(['r a e', 'r b e', 'o e o'])
    expect(taken()).toEqual(['r a f', 'r b f', 'o f o'])
  })

  it('are as they were when they are put back, with what came meanwhile', () => {
    const state = fc.record({
      path: fc.constantFrom('a', 'b', 'c', 'd'),
      attempts: fc.nat(9),
      output: fc.option(fc.string(), { nil: undefined }),
    })
    fc.assert(
      fc.property(fc.array(state), fc.array(state), fc.nat(4), (before, meanwhile, count) => {
        const [straight, back] = [new Buffer(100), new Buffer(100)]
        for (const row of [...before, ...meanwhile]) add(straight, aStep(row))
        for (const row of before) add(back, aStep(row))
        const batch = back.take(count)
        for (const row of meanwhile) add(back, aStep(row))
        back.putBack(batch)
        expect(back.size).toBe(straight.size)
        expect(back.take(99).rows).toEqual(straight.take(99).rows)
      }),
    )
  })
})

describe('too many rows', () => {
  it('lose what comes when there is no room, but for what is needed, and are counted', () => {
    const buffer = new Buffer(3)
    for (const path of ['1', '2', '3', '4', '5']) add(buffer, aStep({ path }))
    for (const path of ['6', '7', '8', '9']) add(buffer, aStep({ path }), 'needed')
    expect(buffer.dropped).toEqual({ rows: 3, bodies: 0 })
    expect(paths(buffer)).toEqual(['1', '2', '3', '6', '7', '8'])
  })

  it('do not keep out later states of rows that are there', () => {
    const buffer = new Buffer(1)
    add(buffer, aStep({ status: 'running' }))
    add(buffer, aStep({ status: 'succeeded' }))
    expect(buffer.dropped.rows).toBe(0)
    expect(buffer.take(1).rows.step_executions[0]).toMatchObject({ status: 'succeeded' })
  })

  it('are bounded in what was captured too, and say so', () => {
    const buffer = new Buffer(1_000)
    const megabyte = 'x'.repeat(1024 * 1024)
    for (let n = 0; n < 33; n++) add(buffer, aStep({ path: String(n), output: megabyte }))
    expect(buffer.dropped).toEqual({ rows: 0, bodies: 1 })
    const all = Array.from({ length: 33 }, () => buffer.take(1).rows.step_executions[0]!)
    expect(all.map(({ output }) => output === undefined)).toEqual([...Array<boolean>(32).fill(false), true])
    add(buffer, aStep({ output: megabyte }))
    expect(buffer.take(1).rows.step_executions[0]!.output).toBe(megabyte)
  })

  it('are bounded in every text that has no end of its own', () => {
    const long = 'x'.repeat(1024 * 1024)
    const changes: Change[] = [
      ...(['input', 'output', 'error', 'error_message'] as const).flatMap((column): Change[] => [
        { kind: 'step_executions', row: aStep({ [column]: long }) },
        { kind: 'pipeline_executions', row: aRun({ [column]: long }) },
      ]),
      { kind: 'pipeline_executions', row: aRun({ tags: long }) },
      { kind: 'step_executions', row: aStep({ undo_error: long }) },
      { kind: 'undo', row: { run_id: 'r', execution: 'e', path: 'a', undo_status: 'failed', undo_error: long } },
      ...(['error', 'error_message'] as const).map((column): Change => {
        const row = { run_id: 'r', execution: 'e', path: 'a', attempt: 1, status: 'failed', started_at: 1, ended_at: 2 }
        return { kind: 'step_attempts', row: { ...row, [column]: long } }
      }),
    ]
    for (const change of changes) {
      const buffer = new Buffer(1_000)
      for (let n = 0; n < 40; n++) {
        const row = { ...change.row, execution: String(n), run_id: String(n) }
        buffer.add({ ...change, row } as Change, 'needed')
      }
      expect([change.kind, buffer.dropped]).toEqual([change.kind, { rows: 0, bodies: 8 }])
      let held = 0
      while (buffer.size > 0) held += JSON.stringify(buffer.take(1).rows).length
      expect(held / 1024 / 1024).toBeLessThan(32.1)
    }
  })

  it('count the undo of a step that waits', () => {
    const buffer = new Buffer(1_000)
    const undo_error = 'x'.repeat(1024 * 1024)
    for (let n = 0; n < 40; n++) {
      add(buffer, aStep({ path: String(n) }))
      buffer.undo({ run_id: 'r', execution: 'e', path: String(n), undo_status: 'failed', undo_error })
    }
    expect(buffer.dropped).toEqual({ rows: 0, bodies: 8 })
  })

  it('are written a little at a time when they are long', () => {
    const buffer = new Buffer(100)
    for (const path of ['1', '2', '3', '4']) add(buffer, aStep({ path, output: 'x'.repeat(400_000) }))
    expect(paths(buffer)).toEqual(['1', '2'])
    expect(paths(buffer)).toEqual(['3', '4'])
  })
})
