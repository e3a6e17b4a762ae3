import { recordingLogger } from '@pipe/testing'
import { expect, test, vi } from 'vitest'
import { RunLog } from '../src/run-log.ts'
import { Sink } from '../src/sink.ts'

test('loggers of the contexts that asked last are remembered, and no others', () => {
  const log = new RunLog(() => new Sink(recordingLogger(), () => undefined), null)
  const make = vi.fn(recordingLogger)
  const contexts = Array.from({ length: 17 }, () => ({}))
  for (const context of contexts.slice(0, 16)) log.loggerOf(context, make)
  for (const context of contexts.slice(0, 16)) log.loggerOf(context, make)
  expect(make).toHaveBeenCalledTimes(16)
  log.loggerOf(contexts[16]!, make)
  log.loggerOf(contexts[0]!, make)
  expect(make).toHaveBeenCalledTimes(18)
})
