import {
  createPipe,
  pipeline,
  PipelineError,
  plan,
  type Plugin,
  type RunContext,
  type RunMiddleware,
  type,
} from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import './support/reports.ts'
import { numeric } from './support/schemas.ts'
import { turn } from './support/fake-clock.ts'

const around = (...runs: readonly RunMiddleware[]) =>
  createPipe({ plugins: runs.map((run, i): Plugin => ({ name: `plugin${i}`, run })) })

const work = vi.fn((n: number) => n + 1)
const works = pipeline('works', { input: type<number>(), version: '2' }, (p) =>
  p.step('a', { run: ({ input }) => work(input) }),
)
const boom = new Error('boom')
const fails = pipeline('fails', (p) => p.step('a', { run: () => Promise.reject<number>(boom) }))

describe('a run middleware', () => {
  test('wraps the run; the first plugin is the outermost', async () => {
    const log: string[] = []
    const layer =
      (name: string): RunMiddleware =>
      async (_, next) => {
        log.push(`${name}>`)
        const output = await next()
        log.push(`<${name}`)
        return output
      }
    expect(await around(layer('a'), layer('b')).run(works, 1)).toBe(2)
    expect(log).toEqual(['a>', 'b>', '<b', '<a'])
  })

  test('knows the run', async () => {
    let seen: RunContext | undefined
    const options = { id: 'run-1', context: { tenant: 'acme' }, tags: { team: 'x' } }
    await around((run, next) => {
      seen = run
      return next()
    }).run(works, 1, options)
    const { runId, pipeline, version, input, context, tags, signal } = seen!
    expect({ runId, pipeline, version, input, context, tags }).toEqual({
      runId: 'run-1',
      pipeline: 'works',
      version: '2',
      input: 1,
      context: { tenant: 'acme' },
      tags: { team: 'x' },
    })
    expect(signal.aborted).toBe(false)
  })

  test('knows the definition, so that it can plan it', async () => {
    const seen: unknown[] = []
    await around(
      (run, next) => (
        seen.push(
          run.definition,
          plan(run.definition).nodes.map(({ id }) => id),
        ),
        next()
      ),
    ).run(works, 1)
    expect(seen).toEqual([works, ['a']])
  })

  test('knows what the run is going to end with before anything is undone', async () => {
    const seen: unknown[] = []
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo: () => void seen.push(run?.ending?.code) })
      return p.step('b', { needs: { a }, run: () => Promise.reject(new Error('boom')) })
    })
    let run: RunContext | undefined
    const pipe = around((context, next) => {
      run = context
      seen.push(context.ending)
      return next()
    })
    await rejectionOf(pipe.run(defined))
    expect(seen).toEqual([undefined, 'STEP_FAILED'])
  })

  test('pauses the run and resumes it', async () => {
    const told: string[] = []
    let controls: RunContext | undefined
    const pipe = around((run, next) => {
      controls = run
      run.pause()
      run.pause()
      return next()
    })
    const started = pipe.start(works, 1)
    for (const name of ['run:pause', 'run:resume', 'step:start'] as const)
      started.events.on(name, () => told.push(name))
    await turn()
    expect([started.status, told]).toEqual(['paused', ['run:pause']])
    controls?.resume()
    controls?.resume()
    expect(await started.output).toBe(2)
    controls?.pause()
    expect([started.status, told]).toEqual(['succeeded', ['run:pause', 'run:resume', 'step:start']])
  })

  test('sees the input as the schema made it', async () => {
    const seen = vi.fn()
    const parses = pipeline('p', { input: numeric }, (_, input) => input)
    await around((run, next) => (seen(run.input, run.given), next())).run(parses, '42')
    expect(seen).toHaveBeenCalledWith(42, '42')
  })

  test('may change the output', async () => {
    expect(await around(async (_, next) => ((await next()) as number) * 10).run(works, 1)).toBe(20)
  })

  test('may answer in place of the run', async () => {
    work.mockClear()
    const started = around(() => 'recorded').start(works, 1)
    expect(await started.output).toBe('recorded')
    expect(started.status).toBe('succeeded')
    expect(work).not.toHaveBeenCalled()
  })

  test('sees the PipelineError of a run that fails, and may answer for it', async () => {
    let seen: unknown
    const pipe = around((_, next) =>
      next().catch((error: unknown) => {
        seen = error
        return 'rescued'
      }),
    )
    const result = await pipe.start(fails).result
    expect(seen).toMatchObject({ code: 'STEP_FAILED', cause: boom })
    expect(result).toMatchObject({ status: 'succeeded', output: 'rescued', steps: { a: { status: 'failed' } } })
  })

  test('may fail the run: a PipelineError as it is, anything else as the cause of one', async () => {
    const own = new PipelineError('LEASE_LOST', 'gone', { pipeline: 'works' })
    expect(await rejectionOf(around(() => Promise.reject(own)).run(works, 1))).toBe(own)
    const error = await rejectionOf(around(() => Promise.reject(boom)).run(works, 1))
    expect(error).toMatchObject({ code: 'STEP_FAILED', pipeline: 'works', cause: boom })
    expect(error.message).toContain('A run middleware of pipeline "works" failed: boom')
  })

  test('may fail the run with an error that carries a result, or is frozen', async () => {
    const result = await around().start(works, 1).result
    const carrying = new PipelineError('LEASE_LOST', 'gone', { result })
    expect(await rejectionOf(around(() => Promise.reject(carrying)).run(works, 1))).toMatchObject({
      code: 'LEASE_LOST',
    })
    const frozen = Object.freeze(new PipelineError('LEASE_LOST', 'gone'))
    expect(await rejectionOf(around(() => Promise.reject(frozen)).run(works, 1))).toMatchObject({ code: 'LEASE_LOST' })
  })

  test('runs the graph once, however often it calls next', async () => {
    work.mockClear()
    const pipe = around(async (_, next) => {
      await next()
      return next().catch(() => 2)
    })
    expect(await pipe.run(works, 1)).toBe(2)
    expect(work).toHaveBeenCalledTimes(1)
  })

  test('may cancel the run, before and during', async () => {
    const before = around((run, next) => (run.cancel('not today'), next()))
    expect(await rejectionOf(before.run(works, 1))).toMatchObject({ code: 'CANCELLED', cause: 'not today' })
    const during = around((run, next) => {
      void turn().then(() => run.cancel(new PipelineError('LEASE_LOST', 'gone')))
      return next()
    })
    const waits = pipeline('p', (p) =>
      p.step('a', {
        run: (_, { signal }) =>
          new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason as Error))),
      }),
    )
    expect(await rejectionOf(during.run(waits))).toMatchObject({ code: 'LEASE_LOST' })
  })

  test('has the signal of the run', async () => {
    let aborted: unknown
    const pipe = around(async (run, next) => {
      run.signal.addEventListener('abort', () => void (aborted = run.signal.reason as unknown), { once: true })
      return next()
    })
    const { promise, resolve } = Promise.withResolvers<number>()
    const started = pipe.start(pipeline('p', (p) => p.step('a', { run: () => promise })))
    await turn()
    started.cancel('enough')
    resolve(1)
    await started.result
    expect(aborted).toMatchObject({ code: 'CANCELLED', cause: 'enough' })
  })

  test('that throws after the steps have succeeded has them undone', async () => {
    const undo = vi.fn()
    const pipe = around(async (_, next) => {
      await next()
      throw boom
    })
    const { status, steps } = await pipe.start(pipeline('p', (p) => p.step('a', { run: () => 1, undo }))).result
    expect(status).toBe('failed')
    expect(undo).toHaveBeenCalledTimes(1)
    expect(steps['a']).toMatchObject({ status: 'succeeded', undo: 'done' })
  })

  test('that is about to throw may have them undone before, once', async () => {
    const seen: string[] = []
    const works = pipeline('p', (p) => p.step('a', { run: () => 1, undo: () => void seen.push('undo') }))
    const pipe = createPipe({
      plugins: [
        {
          name: 'late',
          run: async (run, next) => {
            await next()
            await run.undo(new Error('late'))
            seen.push(`ending ${run.ending?.message}`)
            throw new Error('late')
          },
        },
      ],
    })
    const { status, steps } = await pipe.start(works).result
    expect([status, steps['a']?.undo]).toEqual(['failed', 'done'])
    expect(seen).toEqual(['undo', 'ending A run middleware of pipeline "p" failed: late'])
  })

  test.each([
    ['SHUTDOWN', true, ['c'], 'SHUTDOWN'],
    ['LEASE_LOST', false, ['c'], 'LEASE_LOST'],
    ['SHUTDOWN', false, ['c', 'b', 'a'], undefined],
    ['CANCELLED', true, ['c', 'b', 'a'], undefined],
  ] as const)('%s while a run is undone, which is resumable: %s', async (code, isResumable, expected, interrupted) => {
    const undone: string[] = []
    let seen: unknown
    const step = (id: string) => ({ run: () => id, undo: () => void undone.push(id) })
    const pipe = createPipe({
      plugins: [
        {
          name: 'stops',
          undo: () => async (_, next) => {
            await next()
            started.cancel(new PipelineError(code, 'now'))
          },
          run: async (run, next) => {
            if (isResumable) run.resumable()
            try {
              return await next()
            } finally {
              seen = run.interrupted?.code
            }
          },
        },
      ],
    })
    const defined = pipeline('p', (p) => {
      const a = p.step('a', step('a'))
      const b = p.step('b', { after: [a], ...step('b') })
      const c = p.step('c', { after: [b], ...step('c') })
      return p.step('bad', { after: [c], run: () => Promise.reject(boom) })
    })
    const started = pipe.start(defined)
    expect((await started.result).error?.code).toBe('STEP_FAILED')
    expect([undone, seen]).toEqual([expected, interrupted])
  })

  test('that isolates failures lets everything else go on, also beside steps that no middleware wraps', async () => {
    const inner = pipeline('inner', (p) => {
      const slow = p.step('slow', { run: turn })
      return {
        bad: p.step('bad', { run: () => Promise.reject<string>(boom) }),
        b: p.step('b', { after: [slow], run: () => 1 }),
      }
    })
    const defined = pipeline('p', (p) => {
      const slow = p.step('slow', { run: turn })
      const rest = p.step('rest', { after: [slow], run: () => 1 })
      const fallback = p.fallback('fallback', { alternatives: { x: () => Promise.reject<string>(boom) } })
      const after = p.step('after', { after: [fallback], run: () => 1 })
      return { rest, after, call: p.call('call', inner) }
    })
    const asked: string[] = []
    const isolates = (test: (stepId: string) => boolean) =>
      around((run, next) => {
        run.isolate((stepId) => (asked.push(stepId), test(stepId)))
        return next()
      })
    const { status, steps } = await isolates(() => true).start(defined).result
    expect(status).toBe('failed')
    expect(asked.toSorted()).toEqual(['call/bad', 'fallback'])
    expect(steps).toMatchObject({
      rest: { status: 'succeeded' },
      after: { status: 'skipped', reason: 'upstream-failed' },
      'call/b': { status: 'succeeded' },
    })
    const some = await isolates((stepId) => stepId.startsWith('call')).start(defined).result
    expect(some.steps).toMatchObject({ rest: { status: 'cancelled' } })
  })

  test.each([
    ['has another attempt', { retryAt: 0 }],
    ['is settled with an output', { output: 'instead' }],
  ])('LEASE_LOST while an attempt is taken back that %s leaves that to others', async (_, decision) => {
    const seen: string[] = []
    const step = (id: string) => ({ run: () => id, undo: () => void seen.push(`undo ${id}`) })
    const pipe = createPipe({
      plugins: [
        {
          name: 'stops',
          undo: () => async (_, next) => {
            await next()
            started.cancel(new PipelineError('LEASE_LOST', 'now'))
          },
          policy: ({ id }) => (id === 'call' ? () => decision : undefined),
          hooks: { 'step:retry': () => void seen.push('retry') },
          run: (run, next) => next().finally(() => seen.push(`${run.interrupted?.code}`)),
        },
      ],
    })
    const inner = pipeline('inner', (p) => {
      const a = p.step('a', step('a'))
      const b = p.step('b', { after: [a], ...step('b') })
      return p.step('bad', { after: [b], run: () => Promise.reject<string>(boom) })
    })
    const started = pipe.start(pipeline('p', (p) => p.call('call', inner)))
    const { error, steps } = await started.result
    expect([error?.code, steps['call']?.status]).toEqual(['LEASE_LOST', 'cancelled'])
    expect(seen).toEqual(['undo b', 'LEASE_LOST'])
  })

  test('that answers before the run is over stops it, and waits for what is running', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => promise })
      return p.step('b', { needs: { a }, run: () => 'b' })
    })
    const started = around((_, next) => Promise.race([next(), Promise.resolve('early')])).start(defined)
    await turn()
    expect(started.status).toBe('running')
    resolve('a')
    const { status, output, steps } = await started.result
    expect({ status, output }).toEqual({ status: 'succeeded', output: 'early' })
    expect(steps).toMatchObject({ a: { status: 'succeeded', output: 'a' }, b: { status: 'cancelled', attempts: 0 } })
  })

  test('that answers before the run is over lets those inside of it go on: their next rejects', async () => {
    const seen = vi.fn()
    const outer: RunMiddleware = (_, next) => (void next(), turn().then(() => 'early'))
    const inner: RunMiddleware = (_, next) => next().catch((error: unknown) => void seen(error))
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: (_, { signal }) => new Promise((done) => signal.addEventListener('abort', done)) })
      return p.step('b', { needs: { a }, run: () => 'b' })
    })
    expect(await around(outer, inner).run(defined)).toBe('early')
    await turn()
    const says = expect.stringContaining('A run middleware answered') as string
    expect(seen).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'CANCELLED', message: says }))
  })
})

describe('what a run middleware reports', () => {
  const reports =
    (when: 'before' | 'after'): RunMiddleware =>
    async (run, next) => {
      if (when === 'before') run.report('cost', { euros: 3 })
      try {
        return await next()
      } finally {
        if (when === 'after') run.report('cost', { euros: 3 })
      }
    }

  test.each(['before', 'after'] as const)('%s the graph is in the result, however the run ends', async (when) => {
    const pipe = around(reports(when))
    expect((await pipe.start(works, 1).result).reports).toEqual({ cost: { euros: 3 } })
    expect((await pipe.start(fails).result).reports).toEqual({ cost: { euros: 3 } })
    expect((await rejectionOf(pipe.run(fails))).result?.reports).toEqual({ cost: { euros: 3 } })
  })

  test('is in the result that observers of `run:end` get', async () => {
    const pipe = around(reports('after'))
    const seen: unknown[] = []
    pipe.events.on('run:end', ({ result }) => seen.push(result.reports))
    await pipe.run(works, 1)
    await rejectionOf(pipe.run(fails))
    expect(seen).toEqual([{ cost: { euros: 3 } }, { cost: { euros: 3 } }])
  })

  test('stands beside what others report; of several with one name the last counts', async () => {
    const twice: RunMiddleware = (run, next) => {
      run.report('notes', ['first'])
      run.report('notes', ['last'])
      return next()
    }
    const { reports: all } = await around(reports('after'), twice).start(works, 1).result
    expect(all).toEqual({ cost: { euros: 3 }, notes: ['last'] })
  })

  test('is there for what is inside, and for all of them, as soon as it is said', async () => {
    const seen: unknown[] = []
    const reader: RunMiddleware = (run, next) => {
      seen.push(run.reports)
      return next()
    }
    await around(reader, reports('before'), reader).run(works, 1)
    expect(seen).toEqual([undefined, { cost: { euros: 3 } }])
  })

  test('is of one run', async () => {
    const pipe = around((run, next) => {
      if (run.input === 1) run.report('notes', ['one'])
      return next()
    })
    const [one, two] = await Promise.all([pipe.start(works, 1).result, pipe.start(works, 2).result])
    expect(one.reports).toEqual({ notes: ['one'] })
    expect(two).not.toHaveProperty('reports')
  })

  test('once the run has ended is not in its result', async () => {
    let late: RunContext | undefined
    const pipe = around((run, next) => {
      late = run
      return next()
    })
    const error = await rejectionOf(pipe.run(fails))
    late?.report('notes', ['late'])
    expect(error.result).not.toHaveProperty('reports')
  })

  test('is plain data with the rest of the result', async () => {
    const result = await around(reports('after')).start(works, 1, { tags: { team: 'x' } }).result
    expect(result).toMatchObject({ version: '2', tags: { team: 'x' } })
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
  })
})
