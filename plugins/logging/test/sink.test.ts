import { Writable } from 'node:stream'
import { createPipe, pipeline } from '@pipe/core'
import { recordingLogger } from '@pipe/testing'
import { describe, expect, test, vi } from 'vitest'
import winston from 'winston'
import { logging, type LoggerLike } from '../src/index.ts'
import { Sink } from '../src/sink.ts'

const hello = pipeline('p', (p) =>
  p.step('a', { run: (_, { log }) => log.info({ n: 1, done: '100 %d' }, 'hello 100 %s') }),
)
const OF_THE_STEP = { 'pipe.run.id': 'run-1', 'pipe.step.path': 'a', 'pipe.attempt.number': 1 }

const run = (logger: LoggerLike) => createPipe({ plugins: [logging(logger)], newId: () => 'run-1' }).run(hello)

describe('a logger without children', () => {
  test('gets all fields with each line', async () => {
    const log = recordingLogger()
    await run(log)
    expect(log.lines.map(({ message }) => message)).toEqual([
      'run of p started',
      'step a started',
      'hello 100 %s',
      'step a succeeded',
      'run of p succeeded',
    ])
    expect(log.lines[2]?.fields).toMatchObject({ n: 1, ...OF_THE_STEP })
    for (const { fields } of log.lines) expect(fields).toMatchObject({ 'pipe.run.id': 'run-1' })
  })
})

describe('a logger whose children', () => {
  test.each<[string, unknown]>([
    ['are nothing', undefined],
    ['are no loggers', { info: () => undefined }],
  ])('%s has all fields with each line', async (_, child) => {
    const log = recordingLogger()
    await run({ ...log, child: () => child as LoggerLike })
    expect(log.lines).toHaveLength(5)
    expect(log.lines[2]?.fields).toMatchObject({ n: 1, ...OF_THE_STEP })
  })

  test('cannot be made at first knows all fields when one can', () => {
    const log = recordingLogger()
    const given: object[] = []
    const child = (fields: object) => {
      given.push(fields)
      if (given.length === 1) throw new Error('not yet')
      return log
    }
    new Sink({ ...log, child }, () => undefined).child({ a: 1 }).child({ b: 2 }).write('info', {}, 'hello')
    expect(given.at(-1)).toEqual({ a: 1, b: 2 })
  })
})

describe('console', () => {
  test('gets the message first, which is no format', async () => {
    const info = vi.spyOn(console, 'info').mockReturnValue()
    await run(console)
    expect(info.mock.calls[2]).toEqual(['%s', 'hello 100 %s', expect.objectContaining({ n: 1, ...OF_THE_STEP })])
  })

  test.each([
    ['trace', 'debug'],
    ['fatal', 'error'],
  ] as const)('is told %s as %s', (level, method) => {
    const told = vi.spyOn(console, method).mockReturnValue()
    new Sink(console, () => undefined).write(level, { n: 1 }, 'hello')
    expect(told).toHaveBeenCalledExactlyOnceWith('%s', 'hello', { n: 1 })
  })
})

describe('winston', () => {
  test('gets whole lines, and is asked for its level', async () => {
    const lines: Record<string, unknown>[] = []
    const logger = winston.createLogger({ level: 'info' })
    const write = (line: Record<string, unknown>, _: string, done: () => void) => {
      lines.push(line)
      done()
    }
    logger.pipe(new Writable({ objectMode: true, write }))
    await run(logger)
    await new Promise((resolve) => logger.end(resolve))
    expect(lines.map(({ level, message }) => `${String(level)} ${String(message)}`)).toEqual([
      'info run of p started',
      'info step a started',
      'info hello 100 %s',
      'info step a succeeded',
      'info run of p succeeded',
    ])
    expect(lines[2]).toMatchObject({ n: 1, ...OF_THE_STEP })
    expect(new Sink(logger, () => undefined).enabled('debug')).toBe(false)
  })
})
