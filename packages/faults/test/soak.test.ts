import { expect, test } from 'vitest'
import { backendNames } from '../src/backends.ts'
import { seconds, seed } from '../src/options.ts'
import { soak } from '../src/soak.ts'

test.for(backendNames)(
  'on %s, processes that are killed again and again lose nothing, and record nothing twice',
  { timeout: (seconds + 300) * 1_000 },
  async (backend) => {
    const report = await soak({ backend, seconds, seed, workers: 3 })
    const { problems, ...figures } = report
    console.log(`soak on ${backend}, ${seconds} s:`, JSON.stringify(figures))
    expect(problems).toEqual([])
    expect(report).toMatchObject({ lost: 0, doubleCommits: 0, unaccounted: 0 })
    expect(report.kills).toBeGreaterThan(seconds / 3)
    expect(report.runs).toBeGreaterThan(report.kills)
  },
)

const HOUR = 3_600_000

test.for(backendNames)(
  'on %s, nor do they when the clocks of all machines are set with each kill',
  { timeout: (seconds + 300) * 1_000 },
  async (backend) => {
    const report = await soak({ backend, seconds: seconds / 2, seed, workers: 3, clocks: [HOUR, -HOUR, 5_000, -5_000] })
    const { problems, ...figures } = report
    console.log(`soak on ${backend} with clocks that are set, ${seconds / 2} s:`, JSON.stringify(figures))
    expect(problems).toEqual([])
    expect(report).toMatchObject({ lost: 0, doubleCommits: 0, unaccounted: 0 })
    expect(report.interrupted).toBeGreaterThan(0)
  },
)
