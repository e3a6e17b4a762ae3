import { type AnyHandle, createPipe, plan, type Pipeline, run, start } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { untypedPipeline, type UntypedSteps } from '../support/untyped.ts'
import { patiently } from './support/patiently.ts'

const SIZE = 100_000

type Shape = (index: number) => readonly number[]

/** A number from 0 up to, not including, `below`, always the same for the same seed. */
const pick = (seed: number, below: number): number => (Math.imul(seed + 1, 2_654_435_761) >>> 0) % below

const shapes: Readonly<Record<string, Shape>> = {
  'a chain': (index) => (index === 0 ? [] : [index - 1]),
  'independent steps': () => [],
  'a random graph': (index) => (index === 0 ? [] : [...new Set([pick(index, index), pick(index * 3, index)])]),
}

type Add = (needs: Readonly<Record<string, number>>) => unknown

/** A pipeline in which each step adds 1 to the largest of what it reads; its output is that of its last step, or all. */
function pipelineOf(shape: Shape, run: Add): Pipeline<void, unknown> {
  return untypedPipeline('large', {}, (p: UntypedSteps) => {
    const handles: AnyHandle[] = []
    for (let i = 0; i < SIZE; i++) {
      const needs = Object.fromEntries(shape(i).map((from) => [`n${from}`, handles[from]!]))
      handles.push(p.step(`s${i}`, { needs, run }))
    }
    return handles
  })
}

const add = (needs: Readonly<Record<string, number>>): number => 1 + Math.max(0, ...Object.values(needs))

/** What the steps should return: how many steps lead to each. */
function depthsOf(shape: Shape): readonly number[] {
  const depths: number[] = []
  for (let i = 0; i < SIZE; i++) depths.push(1 + Math.max(0, ...shape(i).map((from) => depths[from]!)))
  return depths
}

describe.each(Object.entries(shapes))('100,000 steps that are %s', patiently, (_, shape) => {
  const depths = depthsOf(shape)
  const synchronous = pipelineOf(shape, add)
  const asynchronous = pipelineOf(shape, async (needs) => {
    await Promise.resolve()
    return add(needs)
  })

  test('are planned', () => {
    const { nodes, waves, criticalPath } = plan(synchronous)
    const deepest = depths.reduce((a, b) => Math.max(a, b))
    expect(nodes).toHaveLength(SIZE)
    expect(waves).toHaveLength(deepest)
    expect(criticalPath).toHaveLength(deepest)
  })

  test.each([
    ['synchronous', synchronous],
    ['asynchronous', asynchronous],
  ])('run when they are %s, with and without a limit', async (_, pipeline) => {
    expect(await run(pipeline)).toEqual(depths)
    expect(await run(pipeline, undefined, { concurrency: 7 })).toEqual(depths)
  })

  test.each([
    ['synchronous', synchronous],
    ['asynchronous', asynchronous],
  ])('are recorded when they are %s', async (_, pipeline) => {
    const { status, output, steps } = await start(pipeline, undefined, { concurrency: 100 }).result
    expect(status).toBe('succeeded')
    expect(output).toEqual(depths)
    expect(Object.keys(steps)).toHaveLength(SIZE)
  })

  test('run behind layers', async () => {
    const passing = { name: 'passing', step: () => passOn, attempt: () => passOn }
    const pipe = createPipe({ plugins: [passing] })
    expect(await pipe.run(synchronous)).toEqual(depths)
  })

  test('are skipped or cancelled when the first fails', async () => {
    const boom = new Error('boom')
    let calls = 0
    const failing = pipelineOf(shape, () => {
      if (calls++ === 0) throw boom
      return 1
    })
    for (const failure of ['fail-fast', 'continue'] as const) {
      calls = 0
      const { status, steps } = await start(failing, undefined, { failure }).result
      expect(status).toBe('failed')
      const ended = Object.values(steps).map((step) => step.status)
      expect(ended).toHaveLength(SIZE)
      expect(ended[0]).toBe('failed')
      expect(ended.filter((one) => one === 'succeeded')).toHaveLength(calls - 1)
    }
  })

  test('are cancelled while they run, and while they are paused', async () => {
    const running = start(asynchronous)
    await Promise.resolve()
    running.cancel()
    expect((await running.result).status).toBe('cancelled')
    const paused = start(asynchronous, undefined, { paused: true })
    await Promise.resolve()
    paused.cancel()
    const { status, steps } = await paused.result
    expect(status).toBe('cancelled')
    expect(Object.values(steps).every((step) => step.status === 'cancelled' && step.attempts === 0)).toBe(true)
  })
})

const passOn = (_: unknown, next: () => unknown): unknown => next()
