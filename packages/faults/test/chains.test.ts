import type { Entry } from '@pipe/state'
import { describe, test } from 'vitest'
import { backendNames } from '../src/backends.ts'
import { chains, seed } from '../src/options.ts'
import { randomOf } from '../src/random.ts'
import { recordedIn } from '../src/recorded.ts'
import { type Route, survives, undisturbed } from './support/survival.ts'

/** Most processes that die in one run. */
const MOST = 5

/** Those of the points of a whole run that a process still comes to which goes on with what was recorded. */
function ahead(points: readonly string[], entries: readonly Entry[]): readonly string[] {
  const { steps, undone } = recordedIn(entries)
  const isEnding = entries.some(({ key }) => key.startsWith('e:'))
  return points.filter((point) => {
    const [, what = '', about = ''] = point.split(' ')
    if (what === 'acquire' || what === 'end') return true
    if (what === 'undo' || about.startsWith('u:')) return !undone.has(about.replace(/^u:/, ''))
    return !isEnding && (what === 'body' || about.startsWith('s:')) && !steps.has(about.replace(/^s:/, ''))
  })
}

describe.for(backendNames)('on %s', async (backend) => {
  for (const pipeline of ['thorough', 'failing'] as const) {
    const expected = await undisturbed(backend, pipeline)
    const numbers = Array.from({ length: chains }, (_, index) => index)

    test.concurrent.for(numbers)(
      `${pipeline} runs survive processes that are killed one after the other: %s`,
      async (n) => {
        const random = randomOf(seed + n)
        const deaths = 2 + Math.floor(random() * (MOST - 1))
        const route: Route = (nth, entries) => {
          const points = ahead(expected.points, entries)
          return nth < deaths ? points[Math.floor(random() * points.length)] : undefined
        }
        await survives(backend, pipeline, expected, route)
      },
    )
  }
})
