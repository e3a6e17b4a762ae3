import { trace } from '@opentelemetry/api'
import { createPipe, pipeline, type Plugin } from '@pipe/core'
import { turn } from '@pipe/testing'
import { describe, expect, test } from 'vitest'
import { tracing, type TracingDefaults } from '../src/index.ts'
import { sdk } from './support/sdk.ts'

const seen = sdk()
const pipeOf = (defaults?: TracingDefaults, ...more: readonly Plugin[]) =>
  createPipe({ plugins: [tracing(defaults), ...more] })
const boom = () => Promise.reject(new Error('boom'))
const work = async () => {
  await turn()
  seen.tracer.startActiveSpan('refund', (span) => span.end())
}

describe('an undo', () => {
  test('has a span where its step was, and what it makes is inside', async () => {
    const defined = pipeline('p', (p) => {
      const seat = p.step('seat', { run: turn, undo: work })
      return p.step('pay', { needs: { seat }, run: boom })
    })
    await pipeOf().start(defined).result
    expect(seen.tree).toBe(
      [
        'run p: failed, ERROR',
        '  - PipelineError: Step "pay" of pipeline "p" failed: boom',
        '  step seat: succeeded',
        '  step pay: failed, ERROR',
        '    - Error: boom',
        '  undo seat',
        '    refund',
      ].join('\n'),
    )
    expect(seen.span('undo seat').attributes).toMatchObject({ 'pipe.operation': 'undo', 'pipe.step.path': 'seat' })
  })

  test('of a step inside one that goes on is inside that; when that has ended, it is inside the run', async () => {
    const inner = pipeline('inner', (p) => {
      const a = p.step('a', { run: turn, undo: work })
      return p.step('b', { needs: { a }, run: boom })
    })
    const good = pipeline('good', (p) => p.step('c', { run: turn, undo: work }))
    const defined = pipeline('p', (p) => {
      const first = p.call('good', good, { input: () => undefined })
      const absorbed = p.call('call', inner, { after: [first], input: () => undefined, optional: true })
      return p.step('bad', { needs: { absorbed }, run: boom })
    })
    await pipeOf().start(defined).result
    expect(seen.tree).toBe(
      [
        'run p: failed, ERROR',
        '  - PipelineError: Step "bad" of pipeline "p" failed: boom',
        '  call good: succeeded',
        '    step c: succeeded',
        '  call call: failed, ERROR',
        '    step a: succeeded',
        '    step b: failed, ERROR',
        '      - Error: boom',
        '    undo a',
        '      refund',
        '  step bad: failed, ERROR',
        '    - Error: boom',
        '  undo c',
        '    refund',
      ].join('\n'),
    )
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('no refund')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no refund'))],
  ])('that %s is marked as failed', async (_, undo) => {
    const defined = pipeline('p', (p) => {
      const seat = p.step('seat', { run: turn, undo })
      return p.step('pay', { needs: { seat }, run: boom })
    })
    const { steps } = await pipeOf().start(defined).result
    expect(seen.tree).toContain('  undo seat: ERROR\n    - Error: no refund')
    expect(steps['seat']?.undo).toMatchObject({ message: 'no refund' })
  })

  test('that answers at once ends at once', async () => {
    const defined = pipeline('p', (p) => {
      const seat = p.step('seat', { run: turn, undo: () => 'undone' })
      return p.step('pay', { needs: { seat }, run: boom })
    })
    await pipeOf().start(defined).result
    expect(seen.tree).toContain('  undo seat')
    expect(seen.open).toBe(0)
  })

  test('of items has a span for as many of them as have spans; of the others only what fails is recorded', async () => {
    const defined = pipeline('p', (p) => {
      const map = p.map('map', {
        over: () => [0, 1, 2, 3],
        run: (item) => item,
        undo: (item) => (item === 0 ? Promise.reject(new Error('no refund')) : work()),
      })
      return p.step('bad', { needs: { map }, run: boom })
    })
    await pipeOf({ items: 2 }).start(defined).result
    expect(seen.tree).toBe(
      [
        'run p: failed, ERROR',
        '  - Error: no refund',
        '  - PipelineError: Step "bad" of pipeline "p" failed: boom',
        '  map map: succeeded',
        '    item map[0]: succeeded',
        '    item map[1]: succeeded',
        '  step bad: failed, ERROR',
        '    - Error: boom',
        '  undo map[3]',
        '    refund',
        '  undo map[2]',
        '    refund',
        '  refund',
      ].join('\n'),
    )
  })

  test('of a step that is left out is left out', async () => {
    const defined = pipeline('p', (p) => {
      const seat = p.step('seat', { tracing: false, run: turn, undo: work })
      const other = p.step('other', { after: [seat], run: turn, undo: work })
      return p.step('pay', { needs: { seat, other }, run: boom })
    })
    await pipeOf({ items: 0 }).start(defined).result
    expect(seen.tree).toContain('  undo other\n    refund\n  refund')
    expect(seen.tree).not.toContain('undo seat')
  })

  test('runs in the context of the run, wherever the engine is when it begins', async () => {
    const active: unknown[] = []
    const defined = pipeline('p', (p) => {
      const seat = p.step('seat', { tracing: false, run: turn, undo: () => active.push(trace.getActiveSpan()) })
      return p.step('pay', { needs: { seat }, run: boom })
    })
    await pipeOf().start(defined).result
    expect(active).toEqual([seen.span('run p')])
  })
})
