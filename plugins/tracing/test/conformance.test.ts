import { describePlugin } from '@pipe/testing'
import { describe, test } from 'vitest'
import { tracing } from '../src/index.ts'
import { sdk } from './support/sdk.ts'

const options = { tracing: { attempts: 'all' } } as const
const refuses = [
  { options: { tracing: true }, says: ['`tracing`', '"a"', 'false or an object', 'true'] },
  { options: { tracing: { attempts: 'first' } }, says: ['`tracing.attempts`', "'repeated'", "'first'"] },
  { options: { tracing: { items: -1 } }, says: ['`tracing.items`', 'from 0 up', '-1'] },
  { options: { tracing: { spans: 1 } }, says: ['`tracing.spans`', 'attempts, items'] },
]

describe('without an SDK', () => {
  describePlugin('tracing', () => tracing(), { describe, test, options, refuses })
})

describe('with an SDK', () => {
  sdk()
  describePlugin('tracing', () => tracing(), { describe, test, options, refuses, everyStep: true })
})
