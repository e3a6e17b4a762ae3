import { createPipe, pipeline, PipelineError, run, start, type StepContext } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { turn } from './support/fake-clock.ts'

/** Waits until its signal aborts, then rejects with the reason. */
const untilAborted = (_: unknown, { signal }: StepContext) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })

const waiting = pipeline('waiting', (p) => {
  const a = p.step('a', { run: () => 1 })
  const b = p.step('b', { needs: { a }, run: untilAborted })
  return p.step('c', { needs: { b }, run: () => 3 })
})

describe('a run that is cancelled', () => {
  test('tells running steps by their signal, starts nothing new, and ends as cancelled', async () => {
    const started = start(waiting)
    await turn()
    started.cancel('no longer needed')
    const result = await started.result
    expect(result.status).toBe('cancelled')
    expect(started.status).toBe('cancelled')
    expect(result.steps).toMatchObject({
      a: { status: 'succeeded' },
      b: { status: 'cancelled', reason: 'cancelled', attempts: 1 },
      c: { status: 'cancelled', reason: 'cancelled', attempts: 0 },
    })
    expect(result.error).toMatchObject({
      code: 'CANCELLED',
      message: 'Pipeline "waiting" was cancelled: no longer needed.',
    })
  })

  test('gives the signal a typed reason, with what was said as its cause', async () => {
    const why = { ticket: 7 }
    let reason: unknown
    const defined = pipeline('p', (p) =>
      p.step('a', {
        run: async (needs, ctx) => {
          try {
            await untilAborted(needs, ctx)
          } catch (error) {
            reason = error
          }
        },
      }),
    )
    const started = start(defined)
    await turn()
    started.cancel(why)
    const error = await rejectionOf(started.output)
    expect(error).toMatchObject({ code: 'CANCELLED', pipeline: 'p' })
    expect(error.cause).toBe(why)
    expect(reason).toBe(error)
  })

  test.each(['SHUTDOWN', 'LEASE_LOST', 'CANCELLED', 'TIMEOUT'] as const)(
    'takes a reason with the code %s as it is',
    async (code) => {
      const reason = new PipelineError(code, 'why')
      const started = start(waiting)
      await turn()
      started.cancel(reason)
      expect(await rejectionOf(started.output)).toBe(reason)
      const { status, steps } = await started.result
      expect(status).toBe(code === 'TIMEOUT' ? 'failed' : 'cancelled')
      expect(steps['b']).toMatchObject({ status: 'cancelled', reason: code.toLowerCase().replace('_', '-') })
    },
  )

  test('has a result of its own, also when others were cancelled with the same reason', async () => {
    const reason = new PipelineError('SHUTDOWN', 'bye')
    const runs = ['one', 'two'].map((id) => start(waiting, undefined, { id }))
    await turn()
    for (const one of runs) one.cancel(reason)
    const errors = await Promise.all(runs.map((one) => rejectionOf(one.output)))
    expect(errors.map(({ result }) => result?.runId)).toEqual(['one', 'two'])
  })

  test('before it begins runs nothing', async () => {
    const started = start(waiting)
    started.cancel()
    const { status, steps } = await started.result
    expect(status).toBe('cancelled')
    expect(Object.values(steps)).toEqual(
      ['a', 'b', 'c'].map(() => ({ status: 'cancelled', reason: 'cancelled', attempts: 0 })),
    )
  })

  test('twice keeps the first reason', async () => {
    const started = start(waiting)
    await turn()
    started.cancel('first')
    started.cancel('second')
    expect((await rejectionOf(started.output)).cause).toBe('first')
  })

  test('twice before it begins keeps the first reason, too', async () => {
    const started = start(waiting)
    started.cancel('first')
    started.cancel('second')
    expect((await rejectionOf(started.output)).cause).toBe('first')
  })

  test('after its end is not changed', async () => {
    const started = start(pipeline('p', (p) => p.step('a', { run: () => 1 })))
    await started.result
    started.cancel()
    expect(started.status).toBe('succeeded')
    expect(await started.output).toBe(1)
  })

  test('by one of its own steps ends as cancelled', async () => {
    const controller = new AbortController()
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => controller.abort() })
      return p.step('b', { needs: { a }, run: () => 2 })
    })
    const started = start(defined, undefined, { signal: controller.signal })
    expect(await started.result).toMatchObject({ status: 'cancelled', steps: { b: { status: 'cancelled' } } })
  })

  test('waits for steps that do not listen, and keeps what they return', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const started = start(pipeline('p', (p) => p.step('deaf', { run: () => promise })))
    await turn()
    started.cancel()
    await turn()
    expect(started.status).toBe('running')
    resolve('done')
    expect(await started.result).toMatchObject({
      status: 'cancelled',
      steps: { deaf: { status: 'succeeded', output: 'done' } },
    })
  })

  test('reaches steps of pipelines inside, items, and iterations', async () => {
    const leaf = pipeline('leaf', (p) => p.step('leaf', { run: untilAborted }))
    const defined = pipeline('p', (p) => ({
      call: p.call('call', leaf, { input: () => undefined }),
      map: p.map('map', { over: () => [undefined, undefined], run: leaf }),
      items: p.map('items', { over: () => [1], run: untilAborted }),
    }))
    const started = start(defined)
    await turn()
    started.cancel()
    const { steps } = await started.result
    expect(Object.keys(steps)).toEqual([
      'call',
      'call/leaf',
      'map',
      'map[0]',
      'map[0]/leaf',
      'map[1]',
      'map[1]/leaf',
      'items',
      'items[0]',
    ])
    for (const [path, { status }] of Object.entries(steps)) expect([path, status]).toEqual([path, 'cancelled'])
  })

  test('gives a signal that is aborted already to who asks for it late', async () => {
    let aborted: boolean | undefined
    const controller = new AbortController()
    const defined = pipeline('p', (p) =>
      p.step('late', {
        run: async (_, ctx) => {
          controller.abort()
          aborted = ctx.signal.aborted
        },
      }),
    )
    await start(defined, undefined, { signal: controller.signal }).result
    expect(aborted).toBe(true)
  })
})

describe('a signal that is given to a run', () => {
  test.each([
    ['run', { run }],
    ['pipe.run', createPipe()],
  ])('cancels it when it aborts: %s', async (_, by) => {
    const controller = new AbortController()
    const output = rejectionOf(by.run(waiting, undefined, { signal: controller.signal }))
    await turn()
    const why = new Error('tab closed')
    controller.abort(why)
    const error = await output
    expect(error).toMatchObject({ code: 'CANCELLED', message: expect.stringContaining('tab closed') as string })
    expect(error.cause).toBe(why)
    expect(error.result?.status).toBe('cancelled')
  })

  test('keeps a run from starting anything when it is aborted already', async () => {
    const work = vi.fn()
    const defined = pipeline('p', (p) => p.step('a', { run: () => void work() }))
    const signal = AbortSignal.abort(new PipelineError('SHUTDOWN', 'bye'))
    const error = await rejectionOf(run(defined, undefined, { signal }))
    expect(error).toMatchObject({ code: 'SHUTDOWN' })
    expect(error.result?.steps['a']).toEqual({ status: 'cancelled', reason: 'shutdown', attempts: 0 })
    expect(work).not.toHaveBeenCalled()
  })

  test('does nothing when it aborts after the end', async () => {
    const controller = new AbortController()
    const started = start(
      pipeline('p', (p) => p.step('a', { run: () => 1 })),
      undefined,
      { signal: controller.signal },
    )
    await started.result
    controller.abort()
    expect(started.status).toBe('succeeded')
  })
})
