import { createPipe, type Logger, pipeline, type PipelineError, type Plugin } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { logging, type LoggerLike, type LoggingOptions } from '../src/index.ts'
import { capture } from './support/capture.ts'

/** The lines that a step writes whose `run` is this. */
async function written(run: (log: Logger) => unknown, options: LoggingOptions = {}, level = 'trace') {
  const { logger, lines } = capture({ level })
  const pipe = createPipe({ plugins: [logging(logger, options)], newId: () => 'run-1' })
  await pipe.run(pipeline('p', (p) => p.step('a', { run: (_, { log }) => run(log) })))
  return lines.filter((line) => !('pipe.event' in line))
}

const BOUND = {
  'pipe.pipeline.name': 'p',
  'pipe.run.id': 'run-1',
  'pipe.step.name': 'a',
  'pipe.step.path': 'a',
  'pipe.attempt.number': 1,
}

describe('`ctx.log`', () => {
  test.each(['debug', 'info', 'warn', 'error'] as const)('%s knows run, step and attempt', async (level) => {
    const lines = await written((log) => log[level]({ user: 7 }, 'found'))
    expect(lines).toEqual([{ level, msg: 'found', user: 7, ...BOUND }])
  })

  test('of another attempt knows that it is another one', async () => {
    const { logger, lines } = capture()
    const again: Plugin = {
      name: 'again',
      policy:
        () =>
        ({ attempt }) =>
          attempt === 1 ? { retryAt: 0 } : undefined,
    }
    const defined = pipeline('p', (p) =>
      p.map('m', {
        over: () => ['x'],
        key: (key) => key,
        run: (_, { attempt, log }) => {
          log.info({}, 'try')
          if (attempt === 1) throw new Error('once more')
        },
      }),
    )
    await createPipe({ plugins: [logging(logger), again] }).run(defined)
    expect(lines.filter(({ msg }) => msg === 'try')).toMatchObject([
      { 'pipe.attempt.number': 1, 'pipe.step.path': 'm[x]', 'pipe.step.name': 'm' },
      { 'pipe.attempt.number': 2, 'pipe.step.path': 'm[x]', 'pipe.step.name': 'm' },
    ])
  })

  test('is there for an undo', async () => {
    const { logger, lines } = capture()
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo: (_, { log }) => log.warn({ seat: 12 }, 'free again') })
      return p.step('b', { needs: { a }, run: () => Promise.reject(new Error('no')) })
    })
    await createPipe({ plugins: [logging(logger)] }).start(defined).result
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: 'free again', seat: 12, 'pipe.step.path': 'a' }),
    )
  })

  test('can be taken apart', async () => {
    const [line] = await written(({ info }) => info({}, 'hello'))
    expect(line).toMatchObject({ msg: 'hello', ...BOUND })
  })

  test('needs no message', async () => {
    expect(await written((log) => log.info({ n: 1 }))).toEqual([{ level: 'info', n: 1, ...BOUND }])
  })

  test('takes what pino takes: an error, or a message alone', async () => {
    const error = Object.assign(new TypeError('no route'), { code: 'E_ROUTE' })
    const lines = await written((log) => {
      log.warn(error)
      log.warn(error, 'trying another one')
      log.info('hello' as never)
    })
    expect(lines).toMatchObject([
      { msg: 'no route', 'error.type': 'E_ROUTE', 'exception.type': 'TypeError', 'pipe.error': { code: 'E_ROUTE' } },
      { msg: 'trying another one', 'exception.message': 'no route' },
      { msg: 'hello' },
    ])
  })

  test('takes what is no fields at all', async () => {
    const lines = await written((log) => {
      log.info([1, 2], 'list')
      log.info(undefined as never, 'nothing')
    })
    expect(lines).toMatchObject([{ value: [1, 2] }, { msg: 'nothing' }])
  })

  test('writes errors in fields as the serializer of pino does', async () => {
    const err = Object.assign(new TypeError('no route', { cause: new Error('cable cut') }), { code: 'E_ROUTE' })
    const [line] = await written((log) => log.error({ err }, 'lost'))
    expect(line).toMatchObject({ err: { type: 'TypeError', message: 'no route: cable cut', code: 'E_ROUTE' } })
    expect((line?.['err'] as { stack: string }).stack).toContain('caused by: Error: cable cut')
  })

  test('holds no secrets, in fields, messages and errors', async () => {
    const lines = await written((log) => {
      log.info({ user: { password: 'hunter2' }, header: 'Bearer abcdef123456' }, 'sent token=abcdef')
      log.error(new Error('got password=hunter2'))
    })
    expect(lines[0]).toMatchObject({
      msg: 'sent token=[redacted]',
      user: { password: '[redacted]' },
      header: 'Bearer [redacted]',
    })
    expect(JSON.stringify(lines)).not.toMatch(/hunter2|abcdef/)
  })

  test('writes what it is given when nothing is to be taken out', async () => {
    const [line] = await written((log) => log.info({ password: 'hunter2' }), { redact: false })
    expect(line).toMatchObject({ password: 'hunter2' })
  })
})

describe('a step that does not log', () => {
  test('and one whose lines nobody sees, costs no child', async () => {
    const { logger } = capture({ level: 'warn' })
    const child = vi.spyOn(logger, 'child')
    const pipe = createPipe({ plugins: [logging(logger)] })
    await pipe.run(pipeline('p', (p) => p.step('a', { run: (_, { log }) => log.info({}, 'hello') })))
    expect(child).not.toHaveBeenCalled()
  })

  test('and one that writes many lines costs one child', async () => {
    const { logger } = capture()
    const child = vi.spyOn(logger, 'child')
    const run = (_: unknown, ctx: { readonly log: Logger }) => {
      ctx.log.info({}, 'one')
      ctx.log.info({}, 'two')
    }
    await createPipe({ plugins: [logging(logger)] }).run(pipeline('p', (p) => p.step('a', { run })))
    expect(child).toHaveBeenCalledTimes(2) // for the run, and for the step
  })

  test('has its lines from the child of the run', async () => {
    const { logger } = capture()
    const child = vi.spyOn(logger, 'child')
    const defined = pipeline('p', (p) => ({ a: p.step('a', { run: () => 1 }), b: p.step('b', { run: () => 2 }) }))
    await createPipe({ plugins: [logging(logger)] }).run(defined)
    expect(child).toHaveBeenCalledOnce()
  })
})

describe('a logger that fails', () => {
  const fail = () => {
    throw new Error('disk full')
  }
  const broken: Record<string, Partial<LoggerLike>> = {
    'throws at each line': { debug: fail, info: fail, warn: fail, error: fail },
    'makes no children': { child: fail },
    'cannot say its level': { isLevelEnabled: fail },
    rejects: { info: () => Promise.reject(new Error('disk full')) },
  }

  test.each(Object.entries(broken))('and %s changes no run; it is reported', async (_, part) => {
    const nothing = () => undefined
    const logger: LoggerLike = { debug: nothing, info: nothing, warn: nothing, error: nothing, ...part }
    const reports: PipelineError[] = []
    const pipe = createPipe({ plugins: [logging(logger)], onError: (error) => void reports.push(error) })
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: (_, { log }) => (log.info({ n: 1 }, 'hello'), 1) })
      return p.map('m', { needs: { a }, over: () => [1, 2], run: (n) => n })
    })
    const { status, output } = await pipe.start(defined).result
    expect({ status, output }).toEqual({ status: 'succeeded', output: [1, 2] })
    await Promise.resolve()
    expect(reports.length).toBeGreaterThan(0)
    for (const report of reports) expect(report).toMatchObject({ code: 'OBSERVER_FAILED', message: 'disk full' })
  })
})
