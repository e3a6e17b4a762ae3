import { createPipe, definePlugin, pipeline, PipelineError, type Plugin, run, service, start, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { FakeClock, turn } from './support/fake-clock.ts'
import { numeric } from './support/schemas.ts'

const fail = (): Promise<never> => Promise.reject(new Error('boom'))

/** A pipeline that fails or not after two steps that log their undo. */
const inner = (log: string[], fails: boolean) =>
  pipeline('inner', { input: type<string>() }, (p, input) => {
    const one = p.step('one', { run: ({ input }) => `${input}1`, undo: (output) => void log.push(output) })
    const two = p.step('two', {
      needs: { one, input },
      run: ({ input }) => `${input}2`,
      undo: (output) => void log.push(output),
    })
    return p.step('end', { needs: { two }, run: () => (fails ? fail() : 'end') })
  })

describe('undo', () => {
  test('does not run when the run succeeds', async () => {
    const undo = vi.fn()
    await run(pipeline('p', (p) => p.step('a', { run: () => 1, undo })))
    expect(undo).not.toHaveBeenCalled()
  })

  test('takes completed steps back in reverse order of their completion when the run fails', async () => {
    const log: string[] = []
    const defined = pipeline('p', (p) => {
      const undo = (name: string) => void log.push(`undo ${name}`)
      const slow = p.step('slow', { run: () => turn().then(() => 'slow'), undo })
      const quick = p.step('quick', { run: async () => 'quick', undo })
      return p.step('bad', { needs: { slow, quick }, run: fail })
    })
    await rejectionOf(run(defined))
    expect(log).toEqual(['undo slow', 'undo quick'])
  })

  test('takes completed steps back when the run is cancelled', async () => {
    const undo = vi.fn()
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 'output of a', undo })
      return p.step('b', {
        needs: { a },
        run: (_, { signal }) =>
          new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason as Error))),
      })
    })
    const started = start(defined)
    await turn()
    started.cancel()
    expect(await started.result).toMatchObject({
      status: 'cancelled',
      steps: { a: { status: 'succeeded', undo: 'done' } },
    })
    expect(undo).toHaveBeenCalledTimes(1)
    expect(undo.mock.calls[0]?.[0]).toBe('output of a')
  })

  test('runs after everything has come to rest, one after another', async () => {
    const log: string[] = []
    const defined = pipeline('p', (p) => {
      const undo = async (name: string) => {
        log.push(`undo ${name}`)
        await turn()
        log.push(`undone ${name}`)
      }
      const a = p.step('a', { run: () => 'a', undo })
      const b = p.step('b', { run: () => 'b', undo })
      const slow = p.step('slow', { needs: { a }, run: () => turn().then(() => void log.push('slow is over')) })
      return { slow, bad: p.step('bad', { needs: { b }, run: fail }) }
    })
    await rejectionOf(run(defined))
    expect(log).toEqual(['slow is over', 'undo b', 'undone b', 'undo a', 'undone a'])
  })

  test('leaves out steps that failed, were skipped or never started', async () => {
    const undo = vi.fn()
    const defined = pipeline('p', (p) => {
      const skipped = p.step('skipped', { when: () => false, run: () => 1, undo })
      const bad = p.step('bad', { needs: { skipped }, run: fail, undo })
      return p.step('never', { needs: { bad }, run: () => 1, undo })
    })
    await rejectionOf(run(defined))
    expect(undo).not.toHaveBeenCalled()
  })

  test('gets the output as it was recorded, services, and a signal of its own that is not aborted', async () => {
    const Db = service<string>()('db')
    const seen = vi.fn()
    const defined = pipeline('p', (p) => {
      const a = p.step('a', {
        uses: { db: Db },
        output: numeric,
        run: () => '42',
        undo: (output, { use, stepId, signal }) => void seen(output, use.db, stepId, signal.aborted),
      })
      return p.step('bad', { needs: { a }, run: fail })
    })
    await rejectionOf(run(defined, undefined, { services: { db: 'main' } }))
    expect(seen).toHaveBeenCalledWith(42, 'main', 'a', false)
  })

  test('goes on when one of them throws, and records its error', async () => {
    const undo = vi.fn()
    const broken = new Error('cannot be undone')
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo })
      const b = p.step('b', { needs: { a }, run: () => 2, undo: () => Promise.reject(broken) })
      return p.step('bad', { needs: { b }, run: fail })
    })
    const error = await rejectionOf(run(defined))
    expect(error).toMatchObject({ code: 'STEP_FAILED', cause: { message: 'boom' } })
    expect(undo).toHaveBeenCalledTimes(1)
    expect(error.result?.steps).toMatchObject({
      a: { status: 'succeeded', undo: 'done' },
      b: { status: 'succeeded', undo: { message: 'cannot be undone' } },
    })
  })
})

describe('the time an undo may take', () => {
  const hangs = (log: string[]) =>
    pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo: () => void log.push('undo a') })
      const b = p.step('b', {
        needs: { a },
        run: () => 2,
        undo: (_, { signal }) =>
          new Promise<never>(() => signal.addEventListener('abort', () => log.push(String(signal.reason)))),
      })
      return p.step('bad', { needs: { b }, run: fail })
    })

  test('is what `undoTimeout` says: then it has failed, its signal is aborted, and the next one follows', async () => {
    const clock = new FakeClock()
    const log: string[] = []
    const started = createPipe({ clock }).start(hangs(log), undefined, { undoTimeout: '1s' })
    await turn()
    await clock.advance(999)
    expect(log).toEqual([])
    await clock.advance(1)
    const { steps, undo } = await started.result
    const message = 'The undo of step "b" of pipeline "p" was not done after 1000 ms.'
    expect(log).toEqual([`PipelineError: ${message}`, 'undo a'])
    expect(steps['b']?.undo).toMatchObject({ code: 'TIMEOUT', step: 'b', message })
    expect(undo).toEqual({ done: 1, failed: 1 })
    expect(clock.timers).toBe(0)
  })

  test('is checked before anything starts', async () => {
    const error = await rejectionOf(run(hangs([]), undefined, { undoTimeout: 'soon' as never }))
    expect(error).toMatchObject({ code: 'OPTION_INVALID' })
  })

  test('is nothing that a run without undo tells of', async () => {
    const { undo } = await start(pipeline('p', (p) => p.step('a', { run: () => 1 }))).result
    expect(undo).toBeUndefined()
  })
})

describe('undo reaches', () => {
  test('the steps of a pipeline that was called, completed or not', async () => {
    for (const fails of [true, false]) {
      const log: string[] = []
      const defined = pipeline('p', (p) => {
        const call = p.call('call', inner(log, fails), { input: () => 'call' })
        return p.step('bad', { needs: { call }, run: fail })
      })
      await rejectionOf(run(defined))
      expect(log).toEqual(['call2', 'call1'])
    }
  })

  test('the iterations of a loop, the last one first', async () => {
    const log: number[] = []
    const next = pipeline('next', { input: type<number>() }, (p) =>
      p.step('leaf', { run: ({ input }) => input + 1, undo: (n) => void log.push(n) }),
    )
    const defined = pipeline('p', (p) => {
      const loop = p.loop('loop', next, { input: () => 0, until: (n) => n === 3, max: 9 })
      return p.step('bad', { needs: { loop }, run: fail })
    })
    await rejectionOf(run(defined))
    expect(log).toEqual([3, 2, 1])
  })

  test('the items of a map, also of one that failed', async () => {
    const log: unknown[] = []
    const defined = pipeline('p', (p) =>
      p.map('a', {
        concurrency: 1,
        over: () => ['x', 'y', 'z'],
        key: (item) => item,
        run: (item) => (item === 'z' ? fail() : item.toUpperCase()),
        undo: (output, { stepId, needs }) => void log.push(output, stepId, needs),
      }),
    )
    const { steps } = await start(defined).result
    expect(log).toEqual(['Y', 'a[y]', { input: undefined }, 'X', 'a[x]', { input: undefined }])
    expect(steps['a[y]']).toMatchObject({ undo: 'done' })
  })

  test('the alternative of a fallback that was taken', async () => {
    const undo = vi.fn()
    const defined = pipeline('p', (p) => {
      const f = p.fallback('f', { alternatives: { a: { run: fail, undo }, b: { run: async () => 'b', undo } } })
      return p.step('bad', { needs: { f }, run: fail })
    })
    await rejectionOf(run(defined))
    expect(undo.mock.calls.map(([output]) => output as unknown)).toEqual(['b'])
  })

  test('a step that was restored', async () => {
    const undo = vi.fn()
    const store = definePlugin({ name: 'store', step: ({ id }) => (id === 'a' ? () => 'recorded' : undefined) })
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 'fresh', undo })
      return p.step('bad', { needs: { a }, run: fail })
    })
    await rejectionOf(createPipe({ plugins: [store] }).run(defined))
    expect(undo.mock.calls[0]?.[0]).toBe('recorded')
  })
})

describe('a failure that goes no further is taken back at once', () => {
  test('when another attempt follows', async () => {
    const log: string[] = []
    const again = definePlugin({
      name: 'again',
      policy: ({ kind }) => (kind === 'call' ? ({ attempt }) => (attempt < 2 ? { retryAt: 0 } : undefined) : undefined),
      hooks: { 'step:retry': () => void log.push('retry') },
    })
    const defined = pipeline('p', (p) => p.call('call', inner(log, true), { input: () => 'c' }))
    await rejectionOf(createPipe({ plugins: [again] }).run(defined))
    expect(log).toEqual(['c2', 'c1', 'retry', 'c2', 'c1'])
  })

  test('when a policy answers in place of the step', async () => {
    const log: string[] = []
    const rescue = definePlugin({
      name: 'rescue',
      policy: ({ kind }) => (kind === 'call' ? () => ({ output: 'rescued' }) : undefined),
    })
    const defined = pipeline('p', (p) => p.call('call', inner(log, true), { input: () => 'c' }))
    expect(await createPipe({ plugins: [rescue] }).run(defined)).toBe('rescued')
    expect(log).toEqual(['c2', 'c1'])
  })

  test('when the step is optional', async () => {
    const log: string[] = []
    const defined = pipeline('p', (p) => p.call('call', inner(log, true), { optional: true, input: () => 'c' }))
    expect(await run(defined)).toBeUndefined()
    expect(log).toEqual(['c2', 'c1'])
  })

  test('when the item of a map is optional', async () => {
    const log: string[] = []
    const defined = pipeline('p', (p) => p.map('m', { optionalItems: true, over: () => ['m'], run: inner(log, true) }))
    expect(await run(defined)).toEqual([undefined])
    expect(log).toEqual(['m2', 'm1'])
  })

  test('when a step middleware answers in place of the step, or calls next again', async () => {
    const log: string[] = []
    const rescue = definePlugin({
      name: 'rescue',
      step: ({ kind }) =>
        kind !== 'call'
          ? undefined
          : async (_, next) => {
              for (let i = 0; i < 2; i++) {
                try {
                  await next()
                } catch {
                  log.push('caught')
                }
              }
              return 'rescued'
            },
    })
    const defined = pipeline('p', (p) => p.call('call', inner(log, true), { input: () => 'c' }))
    expect(await createPipe({ plugins: [rescue] }).run(defined)).toBe('rescued')
    expect(log.filter((line) => line !== 'caught')).toEqual(['c2', 'c1', 'c2', 'c1'])
  })

  test('when an attempt middleware answers for what failed inside, or calls next again', async () => {
    const log: string[] = []
    const rescue = definePlugin({
      name: 'rescue',
      attempt: ({ kind }) =>
        kind !== 'call'
          ? undefined
          : async (_, next) => {
              for (let i = 0; i < 2; i++) {
                try {
                  await next()
                } catch {
                  log.push('caught')
                }
              }
              return 'rescued'
            },
    })
    const defined = pipeline('p', (p) => {
      const call = p.call('call', inner(log, true), { input: () => 'c' })
      return p.step('after', { needs: { call }, run: ({ call }) => (log.push('after'), call) })
    })
    expect(await createPipe({ plugins: [rescue] }).run(defined)).toBe('rescued')
    expect(log).toEqual(['caught', 'c2', 'c1', 'caught', 'c2', 'c1', 'after'])
  })
})

describe('undo of a run that is given up', () => {
  test('takes back what was completed inside a step with middleware', async () => {
    const log: string[] = []
    const wrapped = definePlugin({ name: 'wrapped', step: () => (_, next) => next() })
    const hangs = pipeline('hangs', (p) => {
      const one = p.step('one', { run: () => 1, undo: () => void log.push('undo one') })
      return p.step('two', { needs: { one }, run: () => new Promise(() => undefined) })
    })
    const defined = pipeline('p', (p) => p.call('call', hangs, { input: () => undefined }))
    const started = createPipe({ plugins: [wrapped] }).start(defined, undefined, { grace: 1 })
    await turn()
    started.cancel()
    expect((await started.result).status).toBe('cancelled')
    expect(log).toEqual(['undo one'])
  })
})

describe('a run that goes on elsewhere', () => {
  const around = definePlugin({ name: 'around', run: (_, next) => next() })
  const resuming = definePlugin({
    name: 'resuming',
    run: (run, next) => {
      run.resumable()
      return next()
    },
  })

  /** What the undo of a run that is stopped with `code` was called with. */
  const undoneAfter = async (code: 'SHUTDOWN' | 'LEASE_LOST', plugins: Plugin[]) => {
    const undone: number[] = []
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo: (output) => void undone.push(output) })
      return p.step('b', {
        needs: { a },
        run: (_, { signal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      })
    })
    const started = createPipe({ plugins }).start(defined)
    await turn()
    started.cancel(new PipelineError(code, 'Stop here.'))
    expect((await started.result).status).toBe('cancelled')
    return undone
  }

  test('takes nothing back: another process has its lease', async () => {
    expect(await undoneAfter('LEASE_LOST', [])).toEqual([])
    expect(await undoneAfter('LEASE_LOST', [around])).toEqual([])
  })

  test('takes nothing back: it is shut down, and a plugin says that it can be resumed', async () => {
    expect(await undoneAfter('SHUTDOWN', [resuming])).toEqual([])
  })

  test('is none when nobody resumes it: what it did is undone when it is shut down', async () => {
    expect(await undoneAfter('SHUTDOWN', [])).toEqual([1])
    expect(await undoneAfter('SHUTDOWN', [around])).toEqual([1])
  })
})
