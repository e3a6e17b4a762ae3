import { createPipe, pipeline, run, type RunResult, type StepResult } from '@pipe/core'
import { describe, expect, it } from 'vitest'
import { timeline } from '../src/index.ts'

const result = (steps: RunResult['steps'], durationMs = 1000): RunResult => ({
  runId: '1',
  pipeline: 'p',
  status: 'succeeded',
  output: undefined,
  steps,
  startedAt: 1000,
  finishedAt: 1000 + durationMs,
  durationMs,
})

const step = (from: number, to: number, status: StepResult['status'] = 'succeeded'): StepResult => ({
  status,
  attempts: 1,
  startedAt: 1000 + from,
  finishedAt: 1000 + to,
  durationMs: to - from,
})

/** What is left of the bars. */
const labels = (text: string) => text.split('\n').map((line) => line.split(/[█░]/, 1).join('').trimEnd())

describe('the timeline', () => {
  it('is a bar for each step, as wide and as far from the left as it took and was late', () => {
    expect(timeline(result({ a: step(0, 500), b: step(500, 1000) }), { width: 41 })).toBe(
      ['a  ███████████████                500ms', 'b                 ███████████████ 500ms'].join('\n'),
    )
  })

  it('indents what is inside of something, and names it by what the path adds', () => {
    const steps = { map: step(0, 900), 'map[x/[y\\]]': step(0, 500), call: step(0, 1000), 'call/g/a': step(0, 900) }
    expect(labels(timeline(result(steps)))).toEqual(['map', '  x/[y]', 'call', '  g/a'])
  })

  it('leaves out steps that did not start, and those inside the items of a map', () => {
    const steps = { off: { status: 'skipped', attempts: 0 }, 'map[x]/deep': step(0, 1), a: step(0, 1000) } as const
    expect(labels(timeline(result(steps)))).toEqual(['a'])
  })

  it('draws of the items of a map those that took longest, and counts the others', () => {
    const items = Object.fromEntries([3, 9, 1, 7, 5].map((ms, n) => [`map[${n}]`, step(0, ms)]))
    const text = timeline(result({ map: step(0, 9), ...items, z: step(0, 1) }), { items: 2 })
    expect(labels(text)).toEqual(['map', '  1', '  3', '  … and 3 quicker ones', 'z'])
    expect(labels(timeline(result({ map: step(0, 9), ...items }), { items: 0 }))).toEqual([
      'map',
      '  … and 5 quicker ones',
    ])
  })

  it('draws failed steps differently', () => {
    expect(timeline(result({ a: step(0, 500, 'failed') }), { width: 41 })).toMatch(/^a {2}░+ +500ms$/)
  })

  it('draws even the shortest step, within the width', () => {
    const text = timeline(result({ ['long '.repeat(20)]: step(1000, 1000), 天気: step(0, 1000) }), { width: 40 })
    expect(text.split('\n')).toEqual([
      'long long… ' + ' '.repeat(20) + '█ 0ms',
      '天気        ' + '█'.repeat(20) + ' 1s',
    ])
  })

  it('is drawn from the result of any run that took times, and is empty for another', async () => {
    const p = pipeline('p', (p) => p.step('a', { run: () => 1 }))
    expect(labels(timeline(await createPipe().start(p).result))).toEqual(['a'])
    await run(p)
    expect(timeline(result({ a: { status: 'succeeded', attempts: 1 } }, 0))).toBe('')
  })

  it.each([
    [{ width: 10 }, '`width` of timeline() must be a whole number from 40 up; got 10.'],
    [{ items: -1 }, '`items` of timeline() must be a whole number from 0 up; got -1.'],
  ])('refuses %j', (options, message) => {
    expect(() => timeline(result({}), options)).toThrow(message)
  })
})
