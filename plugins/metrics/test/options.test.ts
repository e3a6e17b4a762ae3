import { describe, expect, test } from 'vitest'
import { metrics, type MetricsOptions } from '../src/index.ts'
import { recordingSink } from './support/recording-sink.ts'

const refusal = (options: unknown): unknown => {
  try {
    metrics(options as MetricsOptions)
  } catch (error) {
    return error
  }
  return undefined
}

const name = 'a letter, then letters, digits, `_` and dots, at most 100'
const buckets = 'one or more finite numbers, each greater than the one before'

test.each([
  [null, '`options` of metrics() must be an object; got null.'],
  ['prometheus', "`options` of metrics() must be an object; got 'prometheus'."],
  [[], '`options` of metrics() must be an object; got [].'],
  [
    { registry: {} },
    '`registry` of metrics() must be left out: the options are sink, prefix, buckets, customBuckets, maxCustom; got this object.',
  ],
  [{ sink: {} }, '`sink` of metrics() must be a sink: prometheus(…), openTelemetry(…) or a function; got this object.'],
  [{ prefix: '' }, `\`prefix\` of metrics() must be ${name}; got ''.`],
  [{ prefix: '9lives' }, `\`prefix\` of metrics() must be ${name}; got '9lives'.`],
  [{ prefix: 'my-app' }, `\`prefix\` of metrics() must be ${name}; got 'my-app'.`],
  [{ prefix: 7 }, `\`prefix\` of metrics() must be ${name}; got 7.`],
  [{ buckets: [] }, `\`buckets\` of metrics() must be ${buckets}; got [].`],
  [{ buckets: 5 }, `\`buckets\` of metrics() must be ${buckets}; got 5.`],
  [{ buckets: [1, 1] }, `\`buckets\` of metrics() must be ${buckets}; got [1, 1].`],
  [{ buckets: [2, 1] }, `\`buckets\` of metrics() must be ${buckets}; got [2, 1].`],
  [{ buckets: [1, Infinity] }, `\`buckets\` of metrics() must be ${buckets}; got [1, Infinity].`],
  [{ buckets: ['1', '2'] }, `\`buckets\` of metrics() must be ${buckets}; got ['1', '2'].`],
  [{ customBuckets: [1] }, '`customBuckets` of metrics() must be an object: names and their buckets; got [1].'],
  [{ customBuckets: { size: [3, 2] } }, `\`customBuckets.size\` of metrics() must be ${buckets}; got [3, 2].`],
  [{ maxCustom: -1 }, '`maxCustom` of metrics() must be a whole number from 0 up; got -1.'],
  [{ maxCustom: 2.5 }, '`maxCustom` of metrics() must be a whole number from 0 up; got 2.5.'],
  [{ maxCustom: '9' }, "`maxCustom` of metrics() must be a whole number from 0 up; got '9'."],
])('metrics(%o) is refused', (options, message) => {
  expect(refusal(options)).toMatchObject({ code: 'OPTION_INVALID', plugin: 'metrics', message })
})

describe('metrics()', () => {
  test('takes buckets of the least and the most', () => {
    expect(refusal({ buckets: [0.5], customBuckets: { depth: [-5, 0, 5] }, maxCustom: 0 })).toBeUndefined()
  })

  test('keeps the buckets it was given: what is changed later changes nothing', async () => {
    const recording = recordingSink()
    const bounds = [1, 2]
    const plugin = metrics({ sink: recording.sink, buckets: bounds })
    bounds[0] = 99
    await plugin.setup?.({} as never)
    const histograms = recording.instruments.filter(({ kind }) => kind === 'histogram')
    expect(histograms.map(({ buckets }) => buckets)).toEqual(histograms.map(() => [1, 2]))
    expect(histograms).toHaveLength(4)
  })
})
