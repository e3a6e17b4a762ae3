import { createPipe, definePlugin, pipeline, type Plugin, PipelineError, type } from '@pipe/core'
import { fakeClock } from '@pipe/testing'
import { describe, expect, test, vi } from 'vitest'
import { logging, type LoggingOptions } from '../src/index.ts'
import { capture } from './support/capture.ts'

const stage = (options: LoggingOptions = {}, ...plugins: readonly Plugin[]) => {
  const captured = capture()
  const clock = fakeClock()
  const pipe = createPipe({ plugins: [logging(captured.logger, options), ...plugins], clock, newId: () => 'run-1' })
  return Object.assign(captured, { clock, pipe })
}

const fine = pipeline('fine', { input: type<{ user: string }>(), version: '2' }, (p) =>
  p.step('a', { run: ({ input }) => ({ greeting: `Hello ${input.user}` }) }),
)
const broken = (thrown: unknown = new TypeError('no such user')) =>
  pipeline('broken', (p) =>
    p.step('a', {
      run: () => {
        throw thrown
      },
    }),
  )

describe('a run', () => {
  test('says that it starts, and how it ended', async () => {
    const { pipe, of } = stage()
    await pipe.run(fine, { user: 'Ada' }, { tags: { shop: 'north' } })
    expect(of('run.start')).toEqual([
      {
        level: 'info',
        msg: 'run of fine started',
        'pipe.event': 'run.start',
        'pipe.pipeline.name': 'fine',
        'pipe.run.id': 'run-1',
        'pipe.pipeline.version': '2',
        'pipe.run.tag.shop': 'north',
      },
    ])
    expect(of('run.succeeded')).toEqual([
      {
        level: 'info',
        msg: 'run of fine succeeded',
        'pipe.event': 'run.succeeded',
        'pipe.pipeline.name': 'fine',
        'pipe.run.id': 'run-1',
        'pipe.run.status': 'succeeded',
        'pipe.duration_ms': 0,
        'pipe.run.tag.shop': 'north',
      },
    ])
  })

  test('that fails names the step, whose line has told the error', async () => {
    const { pipe, of } = stage()
    await pipe.start(broken()).result
    const [line, ...others] = of('run.failed')
    expect(others).toEqual([])
    expect(line).toMatchObject({
      level: 'error',
      msg: 'run of broken failed: Step "a" of pipeline "broken" failed: no such user',
      'pipe.run.status': 'failed',
      'pipe.step.name': 'a',
      'pipe.step.path': 'a',
      'error.type': 'TypeError',
    })
    expect(line).not.toHaveProperty(['exception.stacktrace'])
  })

  test('that fails inside an item names the path, and the step without its key', async () => {
    const outer = pipeline('outer', (p) => p.map('each', { over: () => [undefined], key: () => '7', run: broken() }))
    const { pipe, of } = stage()
    await pipe.start(outer).result
    expect(of('run.failed')[0]).toMatchObject({
      'pipe.step.name': 'each/a',
      'pipe.step.path': 'each[7]/a',
    })
  })

  test('that fails tells the error itself when no line has', async () => {
    const { pipe, of } = stage({ levels: { 'step:failed': false } })
    await pipe.start(broken()).result
    const [line] = of('run.failed')
    expect(line).toMatchObject({ 'exception.type': 'PipelineError', 'error.type': 'STEP_FAILED' })
    expect(line?.['exception.stacktrace']).toContain('[cause]: TypeError: no such user')
  })

  test('that fails around its graph tells why', async () => {
    const refuse = definePlugin({ name: 'refuse', run: () => Promise.reject(new RangeError('closed on Sundays')) })
    const { pipe, of } = stage({}, refuse)
    await pipe.start(fine, { user: 'Ada' }).result
    const [line] = of('run.failed')
    expect(line?.['exception.stacktrace']).toContain('[cause]: RangeError: closed on Sundays')
    expect(line).not.toHaveProperty(['pipe.step.name'])
  })

  test('that takes too long has timed out', async () => {
    const nap = pipeline('nap', (p) => p.step('a', { run: (_, { signal }) => hang(signal) }))
    const { pipe, of, clock } = stage()
    const { result } = pipe.start(nap, undefined, { timeout: '1s' })
    await clock.advance('1s')
    await result
    expect(of('run.failed')[0]).toMatchObject({ 'pipe.run.status': 'failed', 'error.type': 'TIMEOUT' })
  })

  test.each([
    ['the shop is closed', 'cancelled', 'Pipeline "nap" was cancelled: the shop is closed.'],
    [new PipelineError('SHUTDOWN', 'The worker stops.'), 'shutdown', 'The worker stops.'],
    [new PipelineError('LEASE_LOST', 'Another worker has it.'), 'lease-lost', 'Another worker has it.'],
  ])('that is told to end is no failure: %s', async (reason, why, words) => {
    const nap = pipeline('nap', (p) => p.step('a', { run: (_, { signal }) => hang(signal) }))
    const { pipe, lines, of, clock } = stage()
    const run = pipe.start(nap)
    await clock.advance(10)
    run.cancel(reason)
    await run.result
    expect(of('run.cancelled')).toMatchObject([
      { level: 'warn', msg: `run of nap ended: ${words}`, 'pipe.run.status': 'cancelled', 'pipe.run.reason': why },
    ])
    expect(of('step.cancelled')).toMatchObject([{ level: 'info', 'pipe.step.reason': why, 'pipe.duration_ms': 10 }])
    expect(lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('says that it is paused and goes on', async () => {
    const { pipe, said } = stage()
    const run = pipe.start(fine, { user: 'Ada' }, { paused: true })
    await vi.waitFor(() => expect(said()).toContain('info run of fine paused'))
    run.resume()
    await run.result
    expect(said()).toContain('info run of fine goes on')
  })

  test('tells its input and output to those who ask', async () => {
    const { pipe, of } = stage({ input: true, output: true })
    await pipe.run(fine, { user: 'Ada' })
    expect(of('run.start')[0]).toMatchObject({ 'pipe.input': { user: 'Ada' } })
    expect(of('run.succeeded')[0]).toMatchObject({ 'pipe.output': { greeting: 'Hello Ada' } })
  })

  test('tells them to nobody else', async () => {
    const { pipe, lines } = stage()
    await pipe.run(fine, { user: 'Ada' })
    expect(JSON.stringify(lines)).not.toContain('Ada')
  })
})

describe('fields of a run', () => {
  test('are on all of its lines, those of steps too', async () => {
    const logs = pipeline('logs', { input: type<{ tenant: string }>() }, (p) =>
      p.step('a', { run: (_, { log }) => log.info({}, 'hello') }),
    )
    let asked = 0
    const fields: LoggingOptions['fields'] = ({ input, runId }) => {
      asked++
      return { tenant: (input as { tenant: string }).tenant, seen: runId }
    }
    const { pipe, lines } = stage({ fields })
    await pipe.run(logs, { tenant: 'north' })
    expect(lines).toHaveLength(5)
    for (const line of lines) expect(line).toMatchObject({ tenant: 'north', seen: 'run-1' })
    expect(asked).toBe(1)
  })

  test('do not take the place of the id, and hold no secrets', async () => {
    const { pipe, lines } = stage({ fields: () => ({ 'pipe.run.id': 'mine', password: 'hunter2' }) })
    await pipe.run(fine, { user: 'Ada' })
    for (const line of lines) expect(line).toMatchObject({ 'pipe.run.id': 'run-1', password: '[redacted]' })
  })

  test('that cannot be found are reported, and the lines are written without them', async () => {
    const { logger, lines } = capture()
    const reports: string[] = []
    const fields = () => {
      throw new Error('no tenant')
    }
    const pipe = createPipe({
      plugins: [logging(logger, { fields })],
      onError: ({ message }) => void reports.push(message),
    })
    await pipe.run(fine, { user: 'Ada' })
    expect(lines).toHaveLength(4)
    expect(reports).toEqual(['no tenant'])
  })
})

test('a step that outlives its run may still write, and the run is forgotten', async () => {
  const { pipe, lines } = stage({ fields: ({ runId }) => ({ seen: runId }) })
  let late: (() => void) | undefined
  await pipe.run(
    pipeline('p', (p) =>
      p.step('a', {
        run: (_, { log }) => {
          late = () => log.info({}, 'late')
        },
      }),
    ),
  )
  late?.()
  expect(lines.at(-1)).toEqual({
    level: 'info',
    msg: 'late',
    'pipe.pipeline.name': 'p',
    'pipe.run.id': 'run-1',
    'pipe.step.name': 'a',
    'pipe.step.path': 'a',
    'pipe.attempt.number': 1,
  })
})

const hang = (signal: AbortSignal) =>
  new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  )
