import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { markdownOf } from '../src/report/markdown.ts'
import { figuresOf, summaryOf } from '../src/report/summary.ts'
import { startMeter } from '../src/samples/meter.ts'
import { sampleFilesIn } from '../src/samples/sample-files.ts'
import { temporaryFolder } from './program.ts'

const NOON = Date.UTC(2026, 6, 1, 12)
const sampleAt = (slot: number, more = {}) => ({ slot, pid: 1, delayMs: 2, memoryMb: 100, load: 0.5, ...more })

describe('files of samples', () => {
  test('have those of a time, in their order, across minutes', async () => {
    const files = sampleFilesIn(join(temporaryFolder(), 'samples'))
    for (const seconds of [30, -1, 0, 61, -61]) await files.append(sampleAt(NOON + seconds * 1_000))
    const found = await files.between(NOON - 1_000, NOON + 61_000)
    expect(found.map(({ slot }) => (slot - NOON) / 1_000)).toEqual([0, 30, 61])
  })

  test('have one sample for each slot, though it was measured twice; lines that are none are left out', async () => {
    const folder = temporaryFolder()
    const files = sampleFilesIn(folder)
    await files.append(sampleAt(NOON, { pid: 1 }))
    await files.append(sampleAt(NOON, { pid: 2 }))
    appendFileSync(join(folder, readdirSync(folder)[0]!), '{"slot":"noon"}\nnull\n{"slot":17828')
    expect(await files.between(NOON - 1, NOON)).toEqual([sampleAt(NOON, { pid: 2 })])
  })

  test('are removed when their minute was over before a time, and nothing else is', async () => {
    const folder = temporaryFolder()
    const files = sampleFilesIn(folder)
    for (const minutes of [-2, -1, 0]) await files.append(sampleAt(NOON + minutes * 60_000))
    appendFileSync(join(folder, 'notes.txt'), 'mine')
    expect(await files.dropBefore(NOON + 30_000)).toBe(2)
    expect(readdirSync(folder)).toEqual(['20260701T1200.ndjson', 'notes.txt'])
    expect(await files.dropBefore(NOON + 30_000)).toBe(0)
  })

  test('are none where nothing was sampled', async () => {
    const files = sampleFilesIn(join(temporaryFolder(), 'none'))
    expect(await files.between(0, NOON)).toEqual([])
    expect(await files.dropBefore(NOON)).toBe(0)
  })
})

test('the meter tells how late the event loop was since it was asked last', async () => {
  using meter = startMeter()
  const later = () => new Promise((resolve) => setTimeout(resolve, 50))
  meter.read()
  await later() // it counts from its next look on
  const end = performance.now() + 150
  while (performance.now() < end);
  await later()
  const { pid, delayMs, memoryMb } = meter.read()
  expect(pid).toBe(process.pid)
  expect(delayMs).toBeGreaterThan(100)
  expect(memoryMb).toBeGreaterThan(1)
})

test('figures are values that were measured, but for the average', () => {
  expect(figuresOf([7])).toEqual({ min: 7, average: 7, p50: 7, p95: 7, max: 7 })
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)
  expect(figuresOf(hundred)).toEqual({ min: 1, average: 50.5, p50: 50, p95: 95, max: 100 })
})

describe('a report', () => {
  test('has a table, and who has measured', () => {
    const summary = summaryOf([sampleAt(NOON), sampleAt(NOON, { pid: 2, delayMs: 4 }), sampleAt(NOON, { pid: 2 })])
    expect(markdownOf(summary, NOON).split('\n')).toEqual([
      '# Heartbeat at 2026-07-01 12:00:00 UTC',
      '',
      'Samples of the last minute: 3, by process 1 (1), process 2 (2).',
      '',
      '| | min | average | p50 | p95 | max |',
      '| --- | ---: | ---: | ---: | ---: | ---: |',
      '| event loop delay, ms | 2.00 | 2.67 | 2.00 | 4.00 | 4.00 |',
      '| memory, MB | 100.00 | 100.00 | 100.00 | 100.00 | 100.00 |',
      '| load | 0.50 | 0.50 | 0.50 | 0.50 | 0.50 |',
      '',
    ])
  })

  test('of no samples says so', () => {
    expect(markdownOf(summaryOf([]), NOON)).toContain('No sample was taken in the last minute.')
  })
})
