import { createPipe, pipeline, type Pipeline, type PipeEvent, systemClock } from '@pipe/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { viewOf } from '../../src/progress/view.ts'
import { MemoryPipe, Screen } from './screen.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setInterval', 'clearInterval'] })
  vi.stubEnv('NO_COLOR', undefined)
  vi.stubEnv('FORCE_COLOR', undefined)
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

/** Runs a pipeline and shows it; resolves when it has ended. */
async function follow<O>(p: Pipeline<void, O>, show: (event: PipeEvent) => void, pipe = createPipe()): Promise<void> {
  for await (const event of pipe.start(p)) show(event)
}

/** Lets the run go on until it waits for something, and the view draw. */
async function aMomentLater(): Promise<void> {
  await new Promise((turn) => setImmediate(turn))
  vi.advanceTimersByTime(80)
}

/** A pipeline whose first step, and one item of whose map, wait. */
function waiting() {
  const [first, item] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
  const inner = pipeline('inner', (p) => p.step('deep', { run: () => 'deep' }))
  const outer = pipeline('outer', (p) => {
    const a = p.step('first', { run: () => first.promise })
    const off = p.step('off', { needs: { a }, when: () => false, run: () => 'off' })
    const map = p.map('each', {
      needs: { a },
      over: () => ['x', 'y'],
      key: (x) => x,
      run: (x) => (x === 'y' ? item.promise : x),
    })
    return { off, map, call: p.call('inner', inner, { needs: { map }, input: () => undefined }) }
  })
  return { outer, first, item }
}

describe('on a terminal', () => {
  it('shows what runs, what waits, what was skipped and what is done, each on its line', async () => {
    const screen = new Screen()
    const { outer, first, item } = waiting()
    const ended = follow(outer, viewOf(outer, screen, {}))
    await aMomentLater()
    expect(await screen.lines()).toEqual(['❯ first 80ms', '· off', '· each', '· inner', '  · deep'])

    first.resolve('first')
    await aMomentLater()
    expect(await screen.lines()).toEqual([
      '✔ first 80ms',
      '↓ off its condition does not hold',
      '❯ each 1 of 2 80ms',
      '· inner',
      '  · deep',
    ])

    item.resolve('y')
    await ended
    expect(await screen.lines()).toEqual([
      '✔ first 80ms',
      '↓ off its condition does not hold',
      '✔ each 2 of 2 80ms',
      '✔ inner 0ms',
      '  ✔ deep 0ms',
    ])
  })

  it('shows what runs inside the items of a map while it runs', async () => {
    const screen = new Screen()
    const gate = Promise.withResolvers<string>()
    const inner = pipeline('inner', (p) => p.step('slow', { run: () => gate.promise }))
    const outer = pipeline('outer', (p) => p.map('each', { over: () => [undefined], key: () => 'x', run: inner }))
    const ended = follow(outer, viewOf(outer, screen, {}))
    await aMomentLater()
    expect(await screen.lines()).toEqual(['❯ each 80ms', '  ❯ x', '    ❯ slow 80ms'])
    gate.resolve('')
    await ended
    expect(await screen.lines()).toEqual(['✔ each 1 of 1 80ms'])
  })

  it('shows why an attempt failed while the next one is waited for, which one runs, and then how many there were', async () => {
    const screen = new Screen()
    const gate = Promise.withResolvers<string>()
    let calls = 0
    const again = { name: 'again', policy: () => () => ({ retryAt: Date.now() + 5000 }) }
    let goOn: () => void = () => undefined
    const clock = {
      ...systemClock,
      setTimeout: (callback: () => void) => (goOn = callback),
      clearTimeout: () => undefined,
    }
    const p = pipeline('p', (p) =>
      p.step('ask', {
        run: () => {
          if (++calls === 1) throw new Error('engaged\nplease wait')
          return gate.promise
        },
      }),
    )
    const ended = follow(p, viewOf(p, screen, {}), createPipe({ plugins: [again], clock }))
    await aMomentLater()
    expect(await screen.lines()).toEqual(['⟳ ask attempt 1 failed: engaged; again in 5s 80ms'])
    vi.setSystemTime(Date.now() + 5000)
    goOn()
    await aMomentLater()
    expect(await screen.lines()).toEqual(['❯ ask attempt 2 5.1s'])
    gate.resolve('')
    await ended
    expect(await screen.lines()).toEqual(['✔ ask after 2 attempts 160ms'])
  })

  it('shows what failed and why, and what did not come to pass', async () => {
    const screen = new Screen()
    const p = pipeline('p', (p) => {
      const broken = p.step('broken', { run: () => Promise.reject(new Error('no disk')) })
      return p.step('next', { needs: { broken }, run: () => 1 })
    })
    await follow(p, viewOf(p, screen, {}))
    expect(await screen.lines()).toEqual(['✖ broken no disk 0ms', '↓ next a step before it failed'])
  })

  it('shows how far a step says it is', async () => {
    const screen = new Screen()
    const gate = Promise.withResolvers<string>()
    const p = pipeline('p', (p) =>
      p.step('read', {
        run: (_, { progress }) => {
          progress('500 rows')
          return gate.promise
        },
      }),
    )
    const ended = follow(p, viewOf(p, screen, {}))
    await aMomentLater()
    expect(await screen.lines()).toEqual(['❯ read 500 rows 80ms'])
    gate.resolve('')
    await ended
  })

  it('cuts lines that are too long for it', async () => {
    const screen = new Screen(20)
    const p = pipeline('p', (p) => p.step('a-very-long-name-for-a-step', { run: () => 1 }))
    await follow(p, viewOf(p, screen, {}))
    expect(await screen.lines()).toEqual(['✔ a-very-long-name-…'])
  })

  it('is coloured, unless NO_COLOR says otherwise', async () => {
    const p = pipeline('p', (p) => p.step('a', { run: () => 1 }))
    const [coloured, plain] = [new Screen(), new Screen()]
    // Whatever terminal the tests run in.
    vi.stubEnv('NO_COLOR', undefined)
    vi.stubEnv('FORCE_COLOR', '1')
    await follow(p, viewOf(p, coloured, {}))
    vi.stubEnv('FORCE_COLOR', undefined)
    vi.stubEnv('NO_COLOR', '1')
    await follow(p, viewOf(p, plain, {}))
    expect(coloured.written).toContain('\u001b[32m✔')
    expect(plain.written).toContain('✔ a')
    expect(plain.written).not.toContain('\u001b[3')
  })
})

describe.each([
  ['into a pipe', () => new MemoryPipe(), {}],
  ['on a terminal in CI', () => new Screen(), { CI: 'true' }],
  ['on a terminal that cannot move its cursor', () => new Screen(), { TERM: 'dumb' }],
])('%s', (_, streamOf, env) => {
  it('writes a line when something has happened, and never changes one', async () => {
    vi.stubEnv('NO_COLOR', '1')
    const stream = streamOf()
    const { outer, first, item } = waiting()
    first.resolve('first')
    item.resolve('y')
    await follow(outer, viewOf(outer, stream, env))
    expect(stream.written.split('\n')).toEqual([
      '✔ first 0ms',
      '↓ off its condition does not hold',
      '❯ each',
      '  ✔ each[x] 0ms',
      '  ✔ each[y] 0ms',
      '✔ each 2 of 2 0ms',
      '❯ inner',
      '  ✔ inner/deep 0ms',
      '✔ inner 0ms',
      '',
    ])
  })
})
