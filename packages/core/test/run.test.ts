import { createPipe, isPipelineError, pipeline, PipelineError, run, start, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf, thrownBy } from './support/errors.ts'
import { FakeClock, turn } from './support/fake-clock.ts'

const boom = new Error('boom')
const works = pipeline('works', { input: type<number>(), version: '2' }, (p) => ({
  a: p.step('a', { run: ({ input }) => input + 1 }),
  b: p.step('b', { run: async ({ input }) => input + 2 }),
}))
const fails = pipeline('fails', (p) => {
  const a = p.step('a', { run: () => 1 })
  return p.step('b', {
    needs: { a },
    run: () => {
      throw boom
    },
  })
})

describe.each([
  ['run', { run }],
  ['pipe.run', createPipe()],
])('%s', (_, by) => {
  test('resolves with the output', async () => {
    expect(await by.run(works, 1)).toEqual({ a: 2, b: 3 })
  })

  test('rejects with a PipelineError whose cause is the instance that the step threw', async () => {
    const error = await rejectionOf(by.run(fails))
    expect(error).toMatchObject({ code: 'STEP_FAILED', pipeline: 'fails', step: 'b' })
    expect(error.message).toBe('Step "b" of pipeline "fails" failed: boom')
    expect(error.cause).toBe(boom)
  })

  test('rejects with the result, which is made when it is asked for, and once', async () => {
    const error = await rejectionOf(by.run(fails))
    expect(Object.keys(error)).not.toContain('result')
    expect(error.result).toMatchObject({
      pipeline: 'fails',
      status: 'failed',
      error: { name: 'PipelineError', code: 'STEP_FAILED', step: 'b', cause: { message: 'boom' } },
      steps: {
        a: { status: 'succeeded', output: 1, attempts: 1 },
        b: { status: 'failed', attempts: 1, error: { name: 'Error', message: 'boom' } },
      },
    })
    expect(error.result).toBe(error.result)
  })

  test('rejects rather than throws when the run cannot begin', async () => {
    expect(await rejectionOf(by.run(works, 1, { concurrency: 0 }))).toMatchObject({ code: 'OPTION_INVALID' })
    expect(await rejectionOf(by.run(works, 1, { timeout: 'soon' as never }))).toMatchObject({ code: 'OPTION_INVALID' })
    expect(await rejectionOf(by.run(works, 1, { grace: 'soon' as never }))).toMatchObject({ code: 'OPTION_INVALID' })
  })

  test('may be called again and again, also at the same time', async () => {
    expect(await Promise.all([1, 2, 3].map((n) => by.run(works, n)))).toEqual([
      { a: 2, b: 3 },
      { a: 3, b: 4 },
      { a: 4, b: 5 },
    ])
  })
})

describe.each([
  ['start', { start }],
  ['pipe.start', createPipe()],
])('%s', (_, by) => {
  test('returns at once, with a run that has an id and a status', async () => {
    const started = by.start(works, 1, { id: 'run-1' })
    expect(started).toMatchObject({ id: 'run-1', status: 'running' })
    await started.result
    expect(started.status).toBe('succeeded')
  })

  test('begins in the next microtask, so that listeners miss nothing', async () => {
    const work = vi.fn()
    const started = by.start(pipeline('p', (p) => p.step('a', { run: () => void work() })))
    expect(work).not.toHaveBeenCalled()
    await Promise.resolve()
    expect(work).toHaveBeenCalled()
    await started.result
  })

  test('has an output, which resolves or rejects', async () => {
    expect(await by.start(works, 1).output).toEqual({ a: 2, b: 3 })
    expect(await rejectionOf(by.start(fails).output)).toMatchObject({ code: 'STEP_FAILED', cause: boom })
  })

  test('has a result, which never rejects, and is the result of the error', async () => {
    const failed = by.start(fails)
    const result = await failed.result
    expect(result.status).toBe('failed')
    expect((await rejectionOf(failed.output)).result).toBe(result)
  })

  test('leaves no rejection unhandled when nobody asks for the output', async () => {
    await by.start(fails).result
    await turn()
  })

  test('throws when the run cannot begin', () => {
    expect(thrownBy(() => by.start(works, 1, { concurrency: 1.5 }))).toMatchObject({ code: 'OPTION_INVALID' })
    expect(thrownBy(() => by.start(works, 1, { grace: -1 }))).toMatchObject({ code: 'OPTION_INVALID' })
  })
})

describe('the order of steps', () => {
  const logged = (log: string[], id: string, after?: Promise<unknown>) => async () => {
    log.push(`${id}>`)
    await after
    log.push(`<${id}`)
  }

  test('is that of their declaration when they are ready at the same time', async () => {
    const log: string[] = []
    const defined = pipeline('p', (p) => {
      const run = (id: string) => () => void log.push(id)
      const c = p.step('c', { run: run('c') })
      const a = p.step('a', { run: run('a') })
      const b = p.step('b', { needs: { a }, run: run('b') })
      const d = p.step('d', { needs: { c }, run: run('d') })
      return { b, d }
    })
    await run(defined)
    expect(log).toEqual(['c', 'a', 'b', 'd'])
  })

  test('has no waves: a step starts the moment its own needs have settled', async () => {
    const log: string[] = []
    const slow = Promise.withResolvers<null>()
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: logged(log, 'a', slow.promise) })
      const b = p.step('b', { run: logged(log, 'b') })
      const c = p.step('c', { needs: { b }, run: logged(log, 'c') })
      return { a, c }
    })
    const done = run(defined)
    await turn()
    expect(log).toEqual(['a>', 'b>', '<b', 'c>', '<c'])
    slow.resolve(null)
    await done
  })

  test('of 100,000 steps in a chain needs no deep stack', async () => {
    const chain = pipeline('chain', (p, input) => {
      let last = p.step('0', { needs: { input }, run: () => 0 })
      for (let i = 1; i < 100_000; i++) last = p.step(`${i}`, { needs: { last }, run: ({ last }) => last + 1 })
      return last
    })
    expect(await run(chain)).toBe(99_999)
  })
})

describe('the errors of a run', () => {
  test('are recognised also when they come from another copy of the package', () => {
    const foreign = Object.assign(new Error('boom'), { name: 'PipelineError', code: 'TIMEOUT' })
    expect(isPipelineError(foreign)).toBe(true)
    expect(isPipelineError(foreign, 'TIMEOUT')).toBe(true)
    expect(isPipelineError(foreign, 'CANCELLED')).toBe(false)
    expect(
      [new Error('boom'), { name: 'PipelineError', code: 'TIMEOUT' }, undefined].some((it) => isPipelineError(it)),
    ).toBe(false)
  })

  test('keep the leaf when a step runs a pipeline by itself', async () => {
    const outer = pipeline('outer', (p) => p.step('inner', { run: () => run(fails) }))
    const error = await rejectionOf(run(outer))
    expect(error).toMatchObject({
      pipeline: 'outer',
      step: 'inner',
      cause: { pipeline: 'fails', step: 'b', cause: boom },
    })
  })

  test.each([Date.UTC(2026, 0, 1), 0])('have a result that does not depend on when it is read (%d)', async (start) => {
    const clock = new FakeClock(start)
    const error = await rejectionOf(createPipe({ clock }).run(fails))
    await clock.advance(5_000)
    expect(error.result).toMatchObject({ finishedAt: clock.now() - 5_000, durationMs: 0 })
  })

  test('are plain errors with the details they were made with', () => {
    const error = new PipelineError('TIMEOUT', 'late', { pipeline: 'p', step: 's', plugin: 'x', cause: boom })
    expect(error).toMatchObject({
      name: 'PipelineError',
      code: 'TIMEOUT',
      pipeline: 'p',
      step: 's',
      plugin: 'x',
      cause: boom,
    })
    expect(Object.keys(new PipelineError('TIMEOUT', 'late'))).toEqual(['name', 'code'])
  })
})
