import { createPipe, type Events, pipeline } from '@pipe/core'
import { fakeClock } from '@pipe/testing'
import { beforeEach, expect, test } from 'vitest'
import { type SlowAttempt, slowStep, type SlowStepOptions } from '../src/index.ts'

let clock = fakeClock()
beforeEach(() => {
  clock = fakeClock()
})

/** What observers are told from now on. */
function listen(events: Events): readonly SlowAttempt[] {
  const seen: SlowAttempt[] = []
  events.on('slow-step:slow', (event) => void seen.push(event))
  return seen
}

/** Runs a step that takes `ms`, and says of whom the observers were told. */
async function told(ms: number, option: SlowStepOptions | undefined, defaults?: SlowStepOptions) {
  const pipe = createPipe({ plugins: [slowStep(defaults)], clock })
  const seen = listen(pipe.events)
  const nap = pipeline('nap', (p) =>
    p.step('sleep', {
      ...(option !== undefined && { slowStep: option }),
      run: () => new Promise<string>((resolve) => void clock.setTimeout(() => resolve('rested'), ms)),
    }),
  )
  const { result } = pipe.start(nap)
  await clock.advance('1h')
  expect((await result).output).toBe('rested')
  expect(clock.timers).toBe(0)
  await pipe.close()
  return seen
}

test('an attempt that takes longer is told of, and goes on', async () => {
  expect(await told(6_000, { after: '5s' })).toMatchObject([
    { pipeline: 'nap', stepId: 'sleep', attempt: 1, afterMs: 5_000 },
  ])
})

test('an attempt that is done in time is not', async () => {
  expect(await told(4_999, { after: '5s' })).toEqual([])
})

test('a step that does not ask is not watched', async () => {
  expect(await told(60_000, undefined)).toEqual([])
})

test('a step that does not say when is slow after ten seconds', async () => {
  expect(await told(9_999, {})).toEqual([])
  expect(await told(10_001, {})).toMatchObject([{ afterMs: 10_000 }])
})

test('defaults of the plugin fill in what a step leaves out', async () => {
  expect(await told(6_000, {}, { after: '5s' })).toMatchObject([{ afterMs: 5_000 }])
  expect(await told(6_000, { after: '1m' }, { after: '5s' })).toEqual([])
})

test('the items of a map are watched one by one', async () => {
  const pipe = createPipe({ plugins: [slowStep()], clock })
  const seen = listen(pipe.events)
  const naps = pipeline('naps', (p) =>
    p.map('sleep', {
      over: () => [1_000, 6_000],
      slowStep: { after: '5s' },
      run: (ms) => new Promise<number>((resolve) => void clock.setTimeout(() => resolve(ms), ms)),
    }),
  )
  const { result } = pipe.start(naps)
  await clock.advance('1m')
  expect((await result).output).toEqual([1_000, 6_000])
  expect(seen.map(({ stepId }) => stepId)).toEqual(['sleep[1]'])
  await pipe.close()
})

test('one plugin is not for two pipes', async () => {
  const plugin = slowStep()
  const one = pipeline('one', (p) => p.step('a', { run: () => 1 }))
  await createPipe({ plugins: [plugin] }).run(one)
  const second = createPipe({ plugins: [plugin] }).run(one)
  await expect(second).rejects.toThrow('call slowStep() for each pipe')
})
