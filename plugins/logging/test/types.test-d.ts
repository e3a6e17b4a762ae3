import { defineStep, type Logger, pipeline } from '@pipe/core'
import type { RecordingLogger } from '@pipe/testing'
import { pino } from 'pino'
import winston from 'winston'
import { logging, type LoggingOptions } from '../src/index.ts'

declare const core: Logger
declare const recording: RecordingLogger
declare const nothing: () => void

logging(pino())
logging(pino({ customLevels: { audit: 35 } }))
logging(pino().child({ service: 'shop' }))
logging(console)
logging(winston.createLogger())
logging(core)
logging(recording)
logging({ debug: nothing, info: nothing, warn: nothing, error: nothing })
logging(pino(), {
  levels: { 'step:start': 'debug', 'item:succeeded': false },
  input: true,
  output: true,
  redact: { paths: ['user.email'], keys: ['iban', /^tax/], patterns: [/CUST-\d+/] },
  sample: { first: 10, every: Infinity },
  maxLength: 1_000,
  fields: ({ runId, pipeline, tags }) => ({ runId, pipeline, shop: tags['shop'] }),
})
logging(pino(), { redact: false, sample: false })

// @ts-expect-error -- a logger has the levels that steps use
logging({ info: nothing })
// @ts-expect-error -- a logger is needed: none is made
logging()
// @ts-expect-error -- there is no such line
export const event: LoggingOptions = { levels: { 'step:end': 'info' } }
// @ts-expect-error -- there is no such level
export const level: LoggingOptions = { levels: { 'step:start': 'loud' } }
// @ts-expect-error -- a pattern is an expression
export const pattern: LoggingOptions = { redact: { patterns: ['secret'] } }
// @ts-expect-error -- fields are found at once
export const fields: LoggingOptions = { fields: async () => ({ a: 1 }) }

const run = () => 1
pipeline('p', (p) => p.step('a', { log: false, run }))
pipeline('p', (p) => p.step('a', { log: { level: 'debug', input: true, output: true }, run }))
pipeline('p', (p) => p.map('a', { over: () => [1], log: { output: true }, run }))
pipeline('p', (p) => p.step('a', defineStep({ log: { input: true }, run })))

// @ts-expect-error -- `true` does not say what is logged
pipeline('p', (p) => p.step('a', { log: true, run }))
// @ts-expect-error -- `false` is for the whole option
pipeline('p', (p) => p.step('a', { log: { level: false }, run }))
