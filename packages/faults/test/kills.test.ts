import { describe, test } from 'vitest'
import { type BackendName, backendNames } from '../src/backends.ts'
import { isExhaustive, seed } from '../src/options.ts'
import type { PipelineName } from '../src/pipelines.ts'
import { sampleOf } from '../src/random.ts'
import { count } from '../src/tally.ts'
import { pointsOfRecovery, type Route, survives, type Undisturbed, undisturbed } from './support/survival.ts'

/** In the middle of a run of each pipeline. */
const MIDDLES = { thorough: 'after commit s:items[x]', failing: 'after undo items[0]' } as const
/** How often a lease is renewed is a matter of time: not read from a run, but waited for. */
const RENEWALS = ['before renew #1', 'before renew #2', 'after renew #1', 'after renew #2']
/** Of processes that are to be killed at a point of a recovery, since not each recovery comes there. */
const TRIES = 5
/** A sample is one of so many points. */
const EVERY = 6

const pipelines = ['thorough', 'failing'] as const
const combinations = backendNames.flatMap((backend) => pipelines.map((pipeline) => ({ backend, pipeline })))
const observed = await Promise.all(
  combinations.map(async ({ backend, pipeline }) => {
    const middle = MIDDLES[pipeline]
    const [expected, recovery] = await Promise.all([
      undisturbed(backend, pipeline),
      pointsOfRecovery(backend, pipeline, middle),
    ])
    return { backend, pipeline, expected, middle, recovery }
  }),
)

for (const { backend, pipeline, expected, middle, recovery } of observed) {
  const points = [...expected.points.filter((point) => !point.endsWith('renew')), ...RENEWALS]
  describe(`${pipeline} runs on ${backend} survive a process that is killed`, () => {
    testEach(points, backend, pipeline, expected, (point) => (nth) => [point][nth])
  })
  const again = recovery.filter((point) => !/renew|body/.test(point))
  describe(`${pipeline} runs on ${backend} survive, when one was killed ${middle}, that the next is killed`, () => {
    testEach(again, backend, pipeline, expected, (point) => (nth) => [middle, point][nth])
  })
}

/** Tests all points or a sample of them, and counts them; the others are there, and skipped. */
function testEach(
  points: readonly string[],
  backend: BackendName,
  pipeline: PipelineName,
  expected: Undisturbed,
  routeTo: (point: string) => Route,
): void {
  const sample = isExhaustive ? new Set(points) : sampleOf(points, EVERY, `${seed} ${backend} ${pipeline}`)
  count({ known: points.length, tested: 0 })
  for (const point of points) {
    test.runIf(sample.has(point)).concurrent(point, async ({ skip }) => {
      for (let tries = 0; tries < TRIES; tries++) {
        if (!(await survives(backend, pipeline, expected, routeTo(point)))) continue
        count({ known: 0, tested: 1 })
        return
      }
      skip(`In ${TRIES} tries, nobody came there.`)
    })
  }
}
