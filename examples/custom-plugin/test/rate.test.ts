import { createPipe, pipeline } from '@pipe/core'
import { expect, test } from 'vitest'
import { type Rate, paceOf } from '../src/rate.ts'
import { rateLimit } from '../src/rate-limit.ts'
import { rateLimits } from '../src/rate-limits.ts'

const site = { owner: 'step "a"', path: 'rateLimit', shape: 'a rate' }

test.each<[Rate, { interval: number; burst: number }]>([
  [{ permits: 4 }, { interval: 250, burst: 1 }],
  [
    { permits: 100, per: '1m', burst: 10 },
    { interval: 600, burst: 10 },
  ],
  [{ permits: 0.5 }, { interval: 2_000, burst: 1 }],
  [
    { permits: 1, per: 20 },
    { interval: 20, burst: 1 },
  ],
])('%o is a permit each so many milliseconds', (rate, pace) => {
  expect(paceOf(rate, site)).toEqual(pace)
})

test.each<[unknown, string]>([
  [5, '`rateLimit` of step "a" must be a rate; got 5.'],
  [null, 'got null'],
  [{}, '`rateLimit.permits` of step "a" must be a number above 0; got undefined.'],
  [{ permits: 0 }, '`rateLimit.permits` of step "a" must be a number above 0; got 0.'],
  [{ permits: Infinity }, 'got Infinity'],
  [
    { permits: 1, per: '1 second' },
    '`rateLimit.per` of step "a" must be milliseconds above 0, or a string such as \'1s\'',
  ],
  [{ permits: 1, per: Infinity }, 'got Infinity'],
  [{ permits: 1, burst: 1.5 }, '`rateLimit.burst` of step "a" must be a whole number from 1 up; got 1.5.'],
  [
    { perSecond: 5, permits: 1 },
    '`rateLimit.perSecond` of step "a" must be left out: the options are permits, per, burst',
  ],
])('%o is refused', (rate, message) => {
  expect(() => paceOf(rate as Rate, site)).toThrow(message)
})

test('a wrong rate of a bucket is refused with its name when the buckets are made', () => {
  expect(() => rateLimits({ api: { permits: -1 } })).toThrow(
    expect.objectContaining({
      code: 'OPTION_INVALID',
      message: '`api.permits` of rateLimits() must be a number above 0; got -1.',
    }),
  )
})

test('a bucket that is not there is refused before anything starts, with the names of those that are', async () => {
  const pipe = createPipe({ plugins: [rateLimit(rateLimits({ api: { permits: 1 } }))] })
  const step = pipeline('p', (p) => p.step('a', { rateLimit: 'pai', run: () => 'never' }))
  await expect(pipe.run(step)).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    ...{ plugin: 'rate-limit', pipeline: 'p', step: 'a' },
    message: `\`rateLimit\` of step "a" of pipeline "p" must be a rate, or the name of a bucket (there are: 'api'); got 'pai'.`,
  })
})
