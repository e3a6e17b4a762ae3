import { pipeline, type RunOptions, start } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { turn } from './support/fake-clock.ts'

/** Two branches: `bad` fails in the second turn, `slow` takes three. */
const branches = (log: string[] = []) =>
  pipeline('p', (p) => {
    const early = p.step('early', { run: () => 'early' })
    const bad = p.step('bad', {
      run: async () => {
        await turn()
        throw new Error('boom')
      },
    })
    const slow = p.step('slow', {
      run: async (_, { signal }) => {
        for (let i = 0; i < 3; i++) {
          await turn()
          if (signal.aborted) throw signal.reason
        }
        return 'slow'
      },
    })
    const afterBad = p.step('afterBad', { needs: { bad }, run: () => log.push('afterBad') })
    const deeper = p.step('deeper', { needs: { afterBad, slow }, run: () => log.push('deeper') })
    const afterSlow = p.step('afterSlow', { after: [slow], run: () => log.push('afterSlow') })
    return { early, deeper, afterSlow }
  })

const statuses = async (options: RunOptions) => {
  const { status, steps } = await start(branches(), undefined, options).result
  return {
    status,
    steps: Object.fromEntries(
      Object.entries(steps).map(([id, { status, reason }]) => [
        id,
        reason === undefined ? status : `${status}: ${reason}`,
      ]),
    ),
  }
}

describe('a step that fails', () => {
  test('fails fast: running ones are aborted and waited for, nothing new starts', async () => {
    expect(await statuses({ failure: 'fail-fast' })).toEqual({
      status: 'failed',
      steps: {
        early: 'succeeded',
        bad: 'failed',
        slow: 'cancelled: cancelled',
        afterBad: 'skipped: upstream-failed',
        deeper: 'skipped: upstream-failed',
        afterSlow: 'cancelled: run-failed',
      },
    })
  })

  test('fails fast by default', async () => {
    expect(await statuses({})).toEqual(await statuses({ failure: 'fail-fast' }))
  })

  test('lets every independent branch finish when the run continues on failure', async () => {
    expect(await statuses({ failure: 'continue' })).toEqual({
      status: 'failed',
      steps: {
        early: 'succeeded',
        bad: 'failed',
        slow: 'succeeded',
        afterBad: 'skipped: upstream-failed',
        deeper: 'skipped: upstream-failed',
        afterSlow: 'succeeded',
      },
    })
  })

  test('tells the running ones why, through their signal', async () => {
    let reason: unknown
    const defined = pipeline('p', (p) => ({
      bad: p.step('bad', { run: () => turn().then(() => Promise.reject(new Error('boom'))) }),
      slow: p.step('slow', {
        run: (_, { signal }) =>
          new Promise<void>((resolve) =>
            signal.addEventListener('abort', () => {
              reason = signal.reason
              resolve()
            }),
          ),
      }),
    }))
    await start(defined).result
    expect(reason).toMatchObject({ code: 'CANCELLED', message: expect.stringContaining('Step "bad" failed') as string })
  })

  test('leaves a sibling that finished anyway as succeeded', async () => {
    const defined = pipeline('p', (p) => ({
      bad: p.step('bad', { run: () => Promise.reject(new Error('boom')) }),
      deaf: p.step('deaf', { run: () => turn().then(() => 'done') }),
    }))
    const { steps } = await start(defined).result
    expect(steps['deaf']).toMatchObject({ status: 'succeeded', output: 'done' })
  })

  test('is the error of the run; the failures of others are in the result', async () => {
    const fail = (text: string, turns: number) => async () => {
      for (let i = 0; i < turns; i++) await turn()
      throw new Error(text)
    }
    const defined = pipeline('p', (p) => ({
      a: p.step('a', { run: fail('second', 2) }),
      b: p.step('b', { run: fail('first', 1) }),
    }))
    const result = await start(defined, undefined, { failure: 'continue' }).result
    expect(result.error).toMatchObject({ step: 'b', cause: { message: 'first' } })
    expect(result.steps['a']).toMatchObject({ status: 'failed', error: { message: 'second' } })
  })

  test('skips what comes after it only in order, too', async () => {
    const defined = pipeline('p', (p) => {
      const bad = p.step('bad', { run: () => Promise.reject(new Error('boom')) })
      return p.step('after', { after: [bad], run: () => 1 })
    })
    const { steps } = await start(defined, undefined, { failure: 'continue' }).result
    expect(steps['after']).toMatchObject({ status: 'skipped', reason: 'upstream-failed' })
  })

  test('drops nothing: every declared step has one terminal status', async () => {
    for (const failure of ['fail-fast', 'continue'] as const) {
      const result = await start(branches(), undefined, { failure }).result
      expect(Object.keys(result.steps)).toEqual(['early', 'bad', 'slow', 'afterBad', 'deeper', 'afterSlow'])
    }
  })
})
