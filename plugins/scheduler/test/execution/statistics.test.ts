import { createPipe, pipeline } from '@pipe/core'
import { fakeClock } from '@pipe/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createExecution, type ExecutionStatistics } from '../../src/index.ts'
import { patrolling } from './support/patrol.ts'

/** What must hold of all statistics. */
function checkSums({
  ticks,
  running,
  success,
  failure,
  cancelled,
  totalMs,
  averageMs,
  minMs,
  maxMs,
  steps,
}: ExecutionStatistics) {
  expect(running + success + failure + cancelled).toBe(ticks)
  expect(averageMs * ticks).toBeCloseTo(totalMs)
  expect(minMs === null).toBe(ticks === 0)
  expect(minMs ?? 0).toBeLessThanOrEqual(maxMs ?? 0)
  for (const step of Object.values(steps)) {
    const { settled, succeeded, failed, skipped, cancelled, restored, runs } = step
    expect(succeeded + failed + skipped + cancelled + restored).toBe(settled)
    expect(runs).toBeLessThanOrEqual(settled)
    expect(runs).toBeGreaterThanOrEqual(succeeded + failed)
    expect(step.averageMs * runs).toBeCloseTo(step.totalMs)
    expect(step.minMs === null).toBe(runs === 0)
    expect(step[step.lastStatus]).toBeGreaterThan(0)
  }
}

describe('the statistics', () => {
  test('are zeros before the first tick', () => {
    expect(patrolling().statistics).toEqual({
      ticks: 0,
      running: 0,
      success: 0,
      failure: 0,
      cancelled: 0,
      totalMs: 0,
      averageMs: 0,
      minMs: null,
      maxMs: null,
      firstTickAt: null,
      lastTickAt: null,
      steps: {},
    })
  })

  test('count ticks and steps, and take their times (S5.42)', async () => {
    const clock = fakeClock()
    const begin = clock.now()
    let waits = 10
    const definition = pipeline('p', (p) => {
      const a = p.step('a', { run: () => new Promise<void>((resolve) => clock.setTimeout(resolve, waits)) })
      return p.step('b', {
        after: [a],
        run: () => {
          if (waits > 10) throw new Error('too long')
        },
      })
    })
    const execution = createExecution(createPipe({ clock }), definition, undefined, { clock })
    const ticks = async (count: number) => {
      const ticked = execution.tick(count)
      while (clock.timers === 0) await clock.advance(0)
      await clock.advance(waits)
      await ticked
    }
    await ticks(2)
    waits = 30
    await ticks(2)
    const times = { totalMs: 40, averageMs: 20, minMs: 10, maxMs: 30 }
    const counts = { settled: 2, runs: 2, succeeded: 2, failed: 0, skipped: 0, cancelled: 0, restored: 0 }
    const none = { totalMs: 0, averageMs: 0, minMs: 0, maxMs: 0 }
    expect(execution.statistics).toEqual({
      ticks: 4,
      running: 2,
      success: 1,
      failure: 1,
      cancelled: 0,
      ...{ ...times, averageMs: 10, minMs: 0 },
      firstTickAt: begin,
      lastTickAt: begin + 40,
      steps: {
        a: { ...counts, ...times, lastStatus: 'succeeded' },
        b: { ...counts, succeeded: 1, failed: 1, ...none, lastStatus: 'failed' },
      },
    })
    await execution.delete()
  })

  test('know a step as soon as it has settled, and go on through starts', async () => {
    const execution = patrolling()
    await execution.tick()
    expect(execution.statistics).toMatchObject({ ticks: 1, steps: { drive: { runs: 1 } } })
    execution.start({ mode: 'auto', stopOnTerminal: false, maxTicks: 5 })
    await execution.done
    expect(execution.statistics).toMatchObject({ ticks: 6, steps: { drive: { runs: 3 }, drain: { runs: 3 } } })
    await execution.delete()
  })

  test('add up, whatever becomes of the steps', async () => {
    const fates = fc.array(fc.constantFrom('succeeded', 'failed', 'skipped', 'stopped'), {
      minLength: 1,
      maxLength: 12,
    })
    await fc.assert(
      fc.asyncProperty(fates, async (script) => {
        let fate = ''
        const definition = pipeline('p', (p) => {
          const a = p.step('a', { when: () => fate !== 'skipped', run: () => 1 })
          const b = p.step('b', {
            after: [a],
            run: () => {
              if (fate === 'failed') throw new Error('fate')
            },
          })
          return p.step('c', { after: [b], run: () => 1 })
        })
        const execution = createExecution(createPipe(), definition)
        for (fate of script) {
          let last = await execution.tick()
          if (fate === 'stopped') await execution.stop()
          else while (last.status === 'running') last = await execution.tick()
        }
        const { statistics } = execution
        checkSums(statistics)
        const times = (wanted: string) => script.filter((one) => one === wanted).length
        expect(statistics.failure).toBe(times('failed'))
        expect(statistics.success).toBe(times('succeeded') + times('skipped'))
        expect(statistics.ticks).toBe(execution.status.tick)
        expect(statistics.steps['a']).toMatchObject({
          settled: script.length,
          skipped: times('skipped'),
          succeeded: script.length - times('skipped'),
        })
        expect(statistics.steps['b']).toMatchObject({ failed: times('failed'), cancelled: times('stopped') })
        await execution.delete()
      }),
      { numRuns: 60 },
    )
  })
})
