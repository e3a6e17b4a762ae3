import { expect, test } from 'vitest'
import { sampleOf } from '../src/random.ts'
import { type Figures, isClean, summaryOf } from '../src/tally.ts'

const lab = { backend: 'redis', kills: 2, runs: 1, lost: 0, doubleCommits: 0 } as const

test('the summary adds up what labs counted, for each store and for all, and says what was left out', () => {
  const figures: readonly Figures[] = [
    lab,
    { known: 20, tested: 0 },
    { ...lab, backend: 'sqlite', lost: 1 },
    { known: 0, tested: 1 },
    lab,
  ]
  expect(summaryOf(figures).split('\n')).toEqual([
    'killed at 1 of 20 failpoints',
    'store      kills    runs    lost  double commits',
    'redis          4       2       0               0',
    'sqlite         2       1       1               0',
    'total          6       3       1               0',
  ])
})

test.for([
  [true, lab],
  [false, { ...lab, lost: 1 }],
  [false, { ...lab, doubleCommits: 1 }],
] as const)('the summary is clean: %s, with %j', ([clean, figures]) => {
  expect(isClean([lab, { known: 1, tested: 0 }, figures])).toBe(clean)
})

test('a sample is the same for the same seed, another one for another, and of all names sooner or later', () => {
  const names = Array.from({ length: 42 }, (_, index) => `before ${index}`)
  expect(sampleOf(names, 5, 1)).toEqual(sampleOf(names.toReversed(), 5, 1))
  expect(sampleOf(names, 5, 1).size).toBe(9)
  expect(sampleOf(names, 5, 1)).not.toEqual(sampleOf(names, 5, 2))
  const drawn = Array.from({ length: 60 }, (_, seed) => [...sampleOf(names, 5, seed)]).flat()
  expect(new Set(drawn).size).toBe(names.length)
})
