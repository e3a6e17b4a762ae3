import type { RunResult, StepResult } from '@pipe/core'
import { describe, expect, it } from 'vitest'
import { timeline } from '../../src/progress/timeline.ts'

const result = (steps: RunResult['steps']): RunResult => ({
  runId: '1',
  pipeline: 'p',
  status: 'succeeded',
  output: undefined,
  steps,
  startedAt: 1000,
  finishedAt: 2000,
  durationMs: 1000,
})

const step = (from: number, to: number, status: StepResult['status'] = 'succeeded'): StepResult => ({
  status,
  attempts: 1,
  startedAt: 1000 + from,
  finishedAt: 1000 + to,
  durationMs: to - from,
})

describe('the timeline', () => {
  it('is a bar for each step, as wide and as far from the left as it took and was late', () => {
    expect(timeline(result({ a: step(0, 500), b: step(500, 1000) }), 21)).toEqual([
      'a  █████      500ms',
      'b       █████ 500ms',
    ])
  })

  it('indents what is inside of something, and names it by what the path adds', () => {
    const steps = { map: step(0, 900), 'map[x]': step(0, 500), call: step(0, 1000), 'call/g/a': step(0, 900) }
    const labels = timeline(result(steps), 40).map((line) => line.split('█', 1).join('').trimEnd())
    expect(labels).toEqual(['map', '  x', 'call', '  g/a'])
  })

  it('leaves out steps that did not start, and those inside the items of a map', () => {
    const steps = { off: { status: 'skipped', attempts: 0 }, 'map[x]/deep': step(0, 1), a: step(0, 1000) } as const
    expect(timeline(result(steps), 21)).toEqual(['a  ██████████ 1s'])
  })

  it('draws failed steps differently', () => {
    expect(timeline(result({ a: step(0, 500, 'failed') }), 21)).toEqual(['a  ░░░░░      500ms'])
  })

  it('draws even the shortest step, within the width', () => {
    expect(timeline(result({ a: step(1000, 1000) }), 21)).toEqual(['a           █ 0ms'])
  })
})
