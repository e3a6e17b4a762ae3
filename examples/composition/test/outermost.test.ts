import { definePlugin, pipeline, type Plugin } from '@pipe/core'
import { tracing } from '@pipe/tracing'
import { logging } from '@pipe/logging'
import { retry } from '@pipe/retry'
import { durable, type StateStore } from '@pipe/state'
import { timeout } from '@pipe/timeout'
import { describe, expect, test } from 'vitest'
import { type Instruments, instruments } from './support/instruments.ts'
import { type Interruption, story } from './support/interrupted.ts'
import { after, deafly, type Scenario, Time } from './support/scenario.ts'
import { treeOf } from './support/spans.ts'
import { watch } from './support/witness.ts'
import { newWorld, type World } from './support/world.ts'

/** Runs with `make`, and says what was logged, which spans there were and how the step ended. */
async function seen(scenario: Scenario, make: (their: Instruments) => readonly Plugin[]) {
  const their = instruments()
  const { lines, spans, result } = await watch(make(their), their, scenario)
  return { lines: lines.map(({ msg }) => msg), tree: treeOf(spans), step: result.steps['a'] }
}

const simple = (run: Scenario['pipeline']): Scenario => ({ name: 'simple', pipeline: run })

describe('around steps, the first plugin of the list is the outermost', () => {
  const step = simple(pipeline('p', (p) => p.step('a', { run: () => 'done' })))
  /** Knows the output of every step. */
  const memory = definePlugin({ name: 'memory', step: () => () => 'known' })

  test('`tracing` before a plugin that answers for steps has a span of what was restored', async () => {
    const { tree } = await seen(step, ({ tracer }) => [tracing({ tracer }), memory])
    expect(tree).toEqual(['run p succeeded', '  step a restored'])
  })

  test('`tracing` after it is never asked: there is no span', async () => {
    const { tree } = await seen(step, ({ tracer }) => [memory, tracing({ tracer })])
    expect(tree).toEqual(['run p succeeded'])
  })

  test('`logging` observes, so its place does not matter', async () => {
    const lines = ['run of p started', 'step a was restored', 'run of p succeeded']
    expect((await seen(step, ({ logger }) => [logging(logger), memory])).lines).toEqual(lines)
    expect((await seen(step, ({ logger }) => [memory, logging(logger)])).lines).toEqual(lines)
  })

  /** Answers after a second, whatever is inside. */
  const slow = simple(
    pipeline('p', (p) =>
      p.step('a', { uses: { time: Time }, run: (_, { use, signal }) => after(5_000, use.time, signal) }),
    ),
  )
  const hasty = () => {
    let wait: (ms: number) => Promise<string>
    return definePlugin({
      name: 'hasty',
      setup: ({ clock }) =>
        void (wait = (ms) => new Promise((resolve) => void clock.setTimeout(() => resolve('enough'), ms))),
      step: () => (_, next) => Promise.race([next(), wait(1_000)]),
    })
  }

  test('`tracing` around one that answers before the step has settled sees what the run sees', async () => {
    const { tree } = await seen(slow, ({ tracer }) => [tracing({ tracer }), hasty()])
    expect(tree).toEqual(['run p succeeded', '  step a succeeded'])
  })
})

describe('`durable` answers for steps, and for runs that have ended', () => {
  const all = pipeline('p', (p) => {
    const a = p.step('a', { optional: true, timeout: { total: '2s' }, run: () => 'done' })
    return p.step('b', {
      needs: { a },
      uses: { time: Time },
      run: ({ a }, { use, signal }) => after(5_000, use.time, signal).then(() => a ?? 'nothing'),
    })
  })
  /** When `b` has begun. */
  const interruption: Interruption = { event: 4, by: 'closing', rest: 0 }

  test('`tracing` before it has spans of what was restored and of a run that is answered for', async () => {
    const { chapters, afterwards } = await story(['tracing', 'durable', 'timeout'], simple(all), [interruption])
    expect(treeOf(chapters[1]!.spans)).toEqual(['run p succeeded', '  step a restored', '  step b succeeded'])
    expect(treeOf(afterwards.spans)).toEqual(['run p succeeded'])
  })

  test('`tracing` after it has neither', async () => {
    const { chapters, afterwards } = await story(['durable', 'tracing', 'timeout'], simple(all), [interruption])
    expect(treeOf(chapters[1]!.spans)).toEqual(['run p succeeded', '  step b succeeded'])
    expect(treeOf(afterwards.spans)).toEqual([])
  })

  /** A store that takes longer to answer than the step may take. */
  const slow = ({ clock, store }: World): World => {
    const commit: StateStore['commit'] = async (...entries) => {
      const isGood = await store.commit(...entries)
      await deafly(5_000, clock)
      return isGood
    }
    return { clock, store: { ...store, commit } }
  }

  test('`timeout` after it counts what the step does', async () => {
    const { chapters } = await story(['durable', 'timeout'], simple(all), [interruption], slow(newWorld()))
    expect(chapters.map(({ result }) => result.steps['a']?.status)).toEqual(['succeeded', 'restored'])
  })

  test('`timeout` before it counts the recording, too: what failed here may be restored elsewhere', async () => {
    const { chapters } = await story(['timeout', 'durable'], simple(all), [interruption], slow(newWorld()))
    expect(chapters.map(({ result }) => result.steps['a']?.status)).toEqual(['failed', 'restored'])
  })

  /** Is not content with any run. */
  const strict = () =>
    definePlugin({ name: 'strict', run: (_, next) => next().then(() => Promise.reject(new Error('no'))) })

  test('a plugin after it that judges runs has its say in what is recorded', async () => {
    const their = instruments()
    const { result, stored } = await watch([durable({ store: their.store }), timeout(), strict()], their, simple(all))
    expect([result.status, stored.status]).toEqual(['failed', 'failed'])
  })

  test('a plugin before it has not: the run has ended in the store', async () => {
    const their = instruments()
    const { result, stored } = await watch([strict(), durable({ store: their.store }), timeout()], their, simple(all))
    expect([result.status, stored.status]).toEqual(['failed', 'succeeded'])
  })
})

describe('around attempts, the first plugin of the list is the outermost', () => {
  const limited = simple(pipeline('p', (p) => p.step('a', { timeout: '1s', run: () => 'done' })))
  /** Keeps each attempt waiting for five seconds, as a rate limit does. */
  const queue = () => {
    let wait: (signal: AbortSignal) => Promise<unknown>
    return definePlugin({
      name: 'queue',
      setup: ({ services }) =>
        void (wait = (signal) => after(5_000, services['time'] as Parameters<typeof after>[1], signal)),
      attempt: () => (ctx, next) => wait(ctx.signal).then(() => next()),
    })
  }

  test('`timeout` before a plugin that waits counts the wait', async () => {
    const { step } = await seen(limited, () => [timeout(), queue()])
    expect(step).toMatchObject({ status: 'failed', durationMs: 1_000, error: { code: 'TIMEOUT' } })
  })

  test('`timeout` after it begins when the wait is over', async () => {
    const { step } = await seen(limited, () => [queue(), timeout()])
    expect(step).toMatchObject({ status: 'succeeded', durationMs: 5_000 })
  })
})

describe('around undos, the first plugin of the list is the outermost', () => {
  /** A step is taken back: at the first try the line is busy. */
  const takenBack = () => {
    let tries = 0
    const undo = () => {
      if (++tries === 1) throw new Error('the line is busy')
    }
    return simple(
      pipeline('p', (p) => {
        const a = p.step('a', { retry: 2, run: () => 'done', undo })
        return p.step('b', { needs: { a }, run: () => Promise.reject(new Error('boom')) })
      }),
    )
  }
  const steps = ['run p failed (exception)', '  step a succeeded', '  step b failed (exception)']

  test('`tracing` before `retry` has one span of the undo, with all its tries', async () => {
    const { tree, step } = await seen(takenBack(), ({ tracer }) => [tracing({ tracer }), retry()])
    expect(step).toMatchObject({ undo: 'done' })
    expect(tree).toEqual([...steps, '  undo a'])
  })

  test('`tracing` after it has a span of each try', async () => {
    const { tree, step } = await seen(takenBack(), ({ tracer }) => [retry(), tracing({ tracer })])
    expect(step).toMatchObject({ undo: 'done' })
    expect(tree).toEqual([...steps, '  undo a ERROR (exception)', '  undo a'])
  })
})

describe('the layers hold, wherever a plugin is in the list', () => {
  const limits = simple(
    pipeline('p', (p) =>
      p.step('a', {
        uses: { time: Time },
        retry: { maxAttempts: 9, initialDelay: 0 },
        timeout: { attempt: '2s', total: '5s' },
        run: (_, { use, signal }) => after(60_000, use.time, signal),
      }),
    ),
  )

  test.each([
    ['before', () => [timeout(), retry()]],
    ['after', () => [retry(), timeout()]],
  ])(
    'a limit for attempts is inside of the retries, one for the step around them: `timeout` %s `retry`',
    async (_, make) => {
      const { step } = await seen(limits, make)
      expect(step).toMatchObject({ status: 'failed', attempts: 3, durationMs: 5_000, error: { code: 'TIMEOUT' } })
    },
  )

  test('of two policies the first that decides is followed', async () => {
    const failing = simple(
      pipeline('p', (p) => p.step('a', { retry: 3, run: () => Promise.reject(new Error('boom')) })),
    )
    const fallback = definePlugin({ name: 'fallback', policy: () => () => ({ output: 'a guess' }) })
    expect((await seen(failing, () => [fallback, retry()])).step).toMatchObject({ status: 'succeeded', attempts: 1 })
    expect((await seen(failing, () => [retry(), fallback])).step).toMatchObject({ status: 'succeeded', attempts: 3 })
  })
})
