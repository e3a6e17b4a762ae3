import { context, type Tracer, trace } from '@opentelemetry/api'
import { AlwaysOffSampler, ParentBasedSampler } from '@opentelemetry/sdk-trace'
import { createPipe, pipeline, type PipelineError, type Plugin, skip, type } from '@pipe/core'
import { turn } from '@pipe/testing'
import { describe, expect, test, vi } from 'vitest'
import { tracing } from '../src/index.ts'
import { removeSdk } from './support/register.ts'
import { sdk } from './support/sdk.ts'

const hello = pipeline('hello', { input: type<string>(), version: '3' }, (p) => {
  const name = p.step('name', { run: ({ input }) => input.trim() })
  return p.step('greet', { needs: { name }, version: '7', run: async ({ name }) => `Hello ${name}` })
})

const boom = new Error('boom')
const pipeOf = (...more: readonly Plugin[]) => createPipe({ plugins: [tracing(), ...more] })

describe('a run', () => {
  const seen = sdk()

  test('has a span, and inside it one for each step', async () => {
    expect(await pipeOf().run(hello, ' Ada ')).toBe('Hello Ada')
    expect(seen.tree).toBe(
      [
        'run hello: succeeded', //
        '  step name: succeeded',
        '  step greet: succeeded',
      ].join('\n'),
    )
  })

  test('has the same spans when it is recorded', async () => {
    await pipeOf().start(hello, 'Ada').result
    expect(seen.tree).toBe('run hello: succeeded\n  step name: succeeded\n  step greet: succeeded')
  })

  test('says in attributes which run, which pipeline and which step it is', async () => {
    await pipeOf().run(hello, 'Ada', { id: 'run-1', tags: { shop: 'north' } })
    const of = { 'pipe.run.id': 'run-1', 'pipe.pipeline.name': 'hello' }
    expect(seen.spans.map(({ attributes }) => attributes)).toEqual([
      {
        ...of,
        'pipe.operation': 'run',
        'pipe.pipeline.version': '3',
        'pipe.run.tag.shop': 'north',
        'pipe.run.status': 'succeeded',
      },
      {
        ...of,
        'pipe.operation': 'step',
        'pipe.step.id': 'name',
        'pipe.step.path': 'name',
        'pipe.step.status': 'succeeded',
      },
      {
        ...of,
        'pipe.operation': 'step',
        'pipe.step.id': 'greet',
        'pipe.step.path': 'greet',
        'pipe.step.version': '7',
        'pipe.step.status': 'succeeded',
      },
    ])
    expect(seen.span('run hello').instrumentationScope.name).toBe('@pipe/tracing')
  })

  test('is a child of what is active where it was started, by run and by start, before and after the set-up', async () => {
    const pipe = pipeOf()
    for (const name of ['first', 'second']) {
      await seen.tracer.startActiveSpan(name, async (span) => {
        await pipe.run(hello, 'Ada')
        await pipe.start(hello, 'Bea').result
        span.end()
      })
    }
    const inside = '  run hello: succeeded\n    step name: succeeded\n    step greet: succeeded'
    expect(seen.tree).toBe(`first\n${inside}\n${inside}\nsecond\n${inside}\n${inside}`)
  })

  test('begins a trace of its own when nothing is active', async () => {
    const pipe = pipeOf()
    await Promise.all([pipe.run(hello, 'Ada'), pipe.run(hello, 'Bea')])
    expect(new Set(seen.spans.map((span) => span.spanContext().traceId)).size).toBe(2)
  })

  test('has spans inside for what runs inside: pipelines, items, iterations, alternatives', async () => {
    const inner = pipeline('inner', { input: type<number>() }, (p) => p.step('half', { run: ({ input }) => input / 2 }))
    const deep = pipeline('deep', { input: type<number>() }, (p) =>
      p.call('inner', inner, { input: ({ input }) => input }),
    )
    const defined = pipeline('all', (p) => ({
      call: p.call('call', deep, { input: () => 8 }),
      items: p.map('items', { over: () => ['x', 'a/b[c]'], key: (item) => item, run: (item) => item }),
      inners: p.map('inners', { over: () => [2], run: inner }),
      loop: p.loop('loop', inner, { input: () => 8, until: (n) => n < 3, max: 9 }),
      either: p.fallback('either', { alternatives: { one: () => Promise.reject(boom), two: () => 2 } }),
      ...p.group('group', { steps: { here: () => 1 } }),
    }))
    await pipeOf().run(defined)
    expect(seen.tree).toBe(
      [
        'run all: succeeded',
        '  call call: succeeded',
        '    call inner: succeeded',
        '      step half: succeeded',
        '  map items: succeeded',
        '    item items[x]: succeeded',
        '    item items[a/b[c]]: succeeded',
        '  map inners: succeeded',
        '    item inners[0]: succeeded',
        '      step half: succeeded',
        '  loop loop: succeeded',
        '    step half: succeeded',
        '    step half: succeeded',
        '  step either/one: failed, ERROR',
        '    - Error: boom',
        '  step group/here: succeeded',
        '  step either/two: succeeded',
      ].join('\n'),
    )
    expect(
      seen.spans.filter(({ name }) => name === 'step half').map(({ attributes }) => attributes['pipe.step.path']),
    ).toEqual(expect.arrayContaining(['call/inner/half', 'inners[0]/half', 'loop[0]/half', 'loop[1]/half']))
  })

  test('shows steps that were skipped or restored, and none that never began', async () => {
    const memo: Plugin = { name: 'memo', step: ({ id }) => (id === 'known' ? () => 'from before' : undefined) }
    const no: Plugin = { name: 'no', step: ({ id }) => (id === 'refused' ? () => skip('not today') : undefined) }
    const defined = pipeline('p', (p) => {
      const off = p.step('off', { when: () => false, run: () => 1 })
      const known = p.step('known', { run: () => 'anew' })
      const refused = p.step('refused', { run: () => 1 })
      const bad = p.step('bad', { needs: { off, known, refused }, run: () => Promise.reject(boom) })
      return p.step('never', { needs: { bad }, run: () => 1 })
    })
    await pipeOf(memo, no).start(defined).result
    expect(seen.tree).toBe(
      [
        'run p: failed, ERROR',
        '  - PipelineError: Step "bad" of pipeline "p" failed: boom',
        '  step off: skipped, condition',
        '  step known: restored',
        '  step refused: skipped, not today',
        '  step bad: failed, ERROR',
        '    - Error: boom',
      ].join('\n'),
    )
  })

  test('with the id of another one that is running does not disturb that', async () => {
    const pipe = pipeOf()
    const waits = pipeline('waits', (p) => {
      const a = p.step('a', { run: turn })
      return p.step('b', { needs: { a }, run: turn })
    })
    await Promise.all([pipe.run(waits, undefined, { id: 'same' }), pipe.run(waits, undefined, { id: 'same' })])
    await pipe.run(hello, 'Ada', { id: 'same' })
    expect(seen.open).toBe(0)
    expect(seen.tree).toContain('run hello: succeeded\n  step name: succeeded\n  step greet: succeeded')
  })

  test('listens to events only while it runs: others are not slowed down', async () => {
    const pipe = pipeOf()
    let during: number | undefined
    const looks = pipeline('looks', (p) => p.step('a', { run: () => (during = pipe.events.eventNames().length) }))
    await pipe.run(looks)
    expect([during, pipe.events.eventNames()]).toEqual([3, []])
  })
})

describe('the tracer', () => {
  const seen = sdk()

  test('can be given', async () => {
    const tracer = trace.getTracer('mine')
    removeSdk()
    await createPipe({ plugins: [tracing({ tracer })] }).run(hello, 'Ada')
    expect(seen.tree).toBe('run hello: succeeded\n  step name: succeeded\n  step greet: succeeded')
    expect(seen.span('run hello').instrumentationScope.name).toBe('mine')
  })

  test('is looked up when a run begins: an SDK may be registered after the pipe was made', async () => {
    const provider = trace.getTracerProvider()
    removeSdk()
    const pipe = pipeOf()
    trace.setGlobalTracerProvider(provider)
    await pipe.run(hello, 'Ada')
    expect(seen.spans).toHaveLength(3)
  })

  test('that comes after the first run of a pipeline is too late for its steps, which is reported once', async () => {
    const reports: PipelineError[] = []
    const provider = trace.getTracerProvider()
    removeSdk()
    const pipe = createPipe({ plugins: [tracing()], onError: (error) => reports.push(error) })
    await pipe.run(hello, 'Ada')
    trace.setGlobalTracerProvider(provider)
    await pipe.run(hello, 'Bea')
    await pipe.run(hello, 'Cid')
    expect(seen.tree).toBe('run hello: succeeded\nrun hello: succeeded')
    expect(reports.map(({ message }) => message)).toEqual([
      expect.stringContaining('after pipeline "hello" had been run'),
    ])
  })

  test('that throws does not change a run, and is reported once a run', async () => {
    const reports: PipelineError[] = []
    const onError = (error: PipelineError) => void reports.push(error)
    const throwing = (from: number): Tracer => {
      const startSpan = vi.fn<Tracer['startSpan']>((...args) => {
        if (startSpan.mock.calls.length >= from) throw new Error('sampler broken')
        return seen.tracer.startSpan(...args)
      })
      return { startSpan, startActiveSpan: vi.fn() }
    }
    for (const from of [1, 2, 3]) {
      const pipe = createPipe({ plugins: [tracing({ tracer: throwing(from) })], onError })
      expect(await pipe.run(hello, 'Ada')).toBe('Hello Ada')
    }
    expect(reports.map(({ message }) => message)).toEqual(['sampler broken', 'sampler broken', 'sampler broken'])
    expect(seen.tree).toBe('run hello: succeeded\nrun hello: succeeded\n  step name: succeeded')
  })

  test('whose spans cannot be ended does not change a run', async () => {
    const reports: PipelineError[] = []
    const startSpan: Tracer['startSpan'] = (...args) => {
      const span = seen.tracer.startSpan(...args)
      span.end = () => {
        throw new Error('exporter broken')
      }
      return span
    }
    const tracer: Tracer = { startSpan, startActiveSpan: vi.fn() }
    const onError = (error: PipelineError) => void reports.push(error)
    expect(await createPipe({ plugins: [tracing({ tracer })], onError }).run(hello, 'Ada')).toBe('Hello Ada')
    expect(reports.map(({ message }) => message)).toEqual(['exporter broken'])
  })
})

describe('without an SDK', () => {
  test('a plugin answers for no step, so that steps pay nothing', () => {
    const plugin = tracing()
    const step = { pipeline: 'p', id: 'a', options: {}, optional: false, undoable: false, version: undefined } as const
    for (const question of ['step', 'attempt', 'undo'] as const) {
      expect(plugin[question]?.({ ...step, kind: 'step', runs: 'function' })).toBeUndefined()
    }
  })

  test('runs are as ever, with a tracer that does nothing too', async () => {
    expect(await pipeOf().run(hello, 'Ada')).toBe('Hello Ada')
    const pipe = createPipe({ plugins: [tracing({ tracer: trace.getTracer('nobody') })] })
    expect(await pipe.run(hello, 'Ada')).toBe('Hello Ada')
    expect(pipe.events.eventNames()).toEqual([])
  })
})

describe('a run that is not sampled', () => {
  const seen = sdk(new ParentBasedSampler({ root: new AlwaysOffSampler() }))

  test('has no spans, and still makes its trace the active one: services that are called know the decision', async () => {
    const ids: unknown[] = []
    const looks = pipeline('looks', (p) => {
      const look = () => void ids.push(trace.getSpanContext(context.active()))
      const a = p.step('a', { run: async () => look() })
      return p.step('b', { needs: { a }, run: look })
    })
    await pipeOf().run(looks)
    expect(seen.spans).toEqual([])
    const [a, b] = ids as [{ traceId: string }, { traceId: string }]
    expect(a).toMatchObject({ traceFlags: 0 })
    expect(b).toMatchObject({ traceId: a.traceId, traceFlags: 0 })
  })
})

describe('the end', () => {
  const seen = sdk()

  test('a plugin belongs to one pipe at a time', async () => {
    const plugin = tracing()
    const one = createPipe({ plugins: [plugin] })
    await one.run(hello, 'Ada')
    await expect(createPipe({ plugins: [plugin] }).run(hello, 'Ada')).rejects.toMatchObject({
      code: 'PLUGIN_SETUP_FAILED',
      cause: { code: 'PLUGIN_INVALID' },
    })
    await one.close()
    expect(await createPipe({ plugins: [plugin] }).run(hello, 'Ada')).toBe('Hello Ada')
  })

  test('close ends what is open, such as a run in whose place another middleware has answered', async () => {
    const hasty: Plugin = {
      name: 'hasty',
      run: async (_, next) => {
        void next()
        await turn()
        return 'in a hurry'
      },
    }
    const pipe = createPipe({ plugins: [hasty, tracing()] })
    const waits = pipeline('waits', (p) =>
      p.step('a', {
        run: (_, { signal }) =>
          new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason as Error))),
      }),
    )
    expect(await pipe.run(waits)).toBe('in a hurry')
    await pipe.close()
    expect(seen.open).toBe(0)
    expect(pipe.events.eventNames()).toEqual([])
  })
})
