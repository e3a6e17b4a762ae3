import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { activeSpans } from './support/active-spans.ts'
import { anyPlot, type Blueprint, scenarioOf } from './support/any-pipeline.ts'
import { pluginNames } from './support/every-plugin.ts'
import { type Interruption, story, waysToInterrupt } from './support/interrupted.ts'
import { endsOf, expectOneStory } from './support/one-story.ts'
import { anyOrder, anyTracedOrder, tracedFirst } from './support/orders.ts'
import { stepByStep } from './support/step-by-step.ts'
import { recordedIn, takenBackIn, waitsIn } from './support/stored.ts'
import { type Seen, witness } from './support/witness.ts'
import { newWorld, type StoreName } from './support/world.ts'

activeSpans()

const anyInterruption: fc.Arbitrary<Interruption> = fc.record({
  event: fc.integer({ min: 1, max: 30 }),
  by: fc.constantFrom(...waysToInterrupt),
  rest: fc.constantFrom(0, 300, 100_000),
})

const anyStore = fc.constantFrom<StoreName[]>('memory', 'SQLite')
const anyInterruptions = fc.array(anyInterruption, { minLength: 1, maxLength: 3 })

/**
 * A pipeline that is left alone. Without limits on the time of what runs others: they begin anew in each process, in which
 * what was done inside takes no time.
 */
const anyQuietPlot = anyPlot.map((plot) => ({
  ...plot,
  ends: 'by itself' as const,
  steps: plot.steps.map((step) => ({ ...step, timeout: runsOthers(step) ? undefined : step.timeout })),
}))
const runsOthers = ({ kind }: Blueprint) => kind === 'call' || kind === 'loop'

describe('of any pipeline, interrupted at any time in any way', () => {
  test('the run ends as if it had not been, whatever the store', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyQuietPlot,
        anyOrder,
        anyInterruptions,
        anyStore,
        async (plot, names, interruptions, store) => {
          const scenario = scenarioOf(plot)
          const undisturbed = outcomeOf(await witness(pluginNames, scenario))
          const { chapters, afterwards } = await story(names, scenario, interruptions, newWorld(store))
          expect(chapters.map(outcomeOf).at(-1)).toEqual(undisturbed)
          expect(outcomeOf(afterwards)).toEqual(undisturbed)
          expect([...chapters.flatMap(({ reported }) => reported), afterwards.timers]).toEqual([0])
        },
      ),
      { numRuns: 60 },
    )
  })

  test('each process does what was not recorded, goes on counting attempts, and waits until they are due', async () => {
    await fc.assert(
      fc.asyncProperty(anyQuietPlot, anyOrder, anyInterruptions, async (plot, names, interruptions) => {
        const { chapters, afterwards } = await story(names, scenarioOf(plot), interruptions)
        for (const [at, { stored }] of chapters.entries()) {
          const next = chapters[at + 1] ?? afterwards
          const waits = waitsIn(stored)
          const outers = [...waits.keys(), ...takenBackIn(stored)]
          const isTriedAgain = (path: string) => outers.some((outer) => isInside(path, outer))
          for (const path of recordedIn(stored))
            if (!isTriedAgain(path)) expect(attemptsAt(next, path), path).toEqual([])
          for (const [path, { attempts, retryAt }] of waits) {
            const [first] = isTriedAgain(path) ? [] : attemptsAt(next, path)
            if (first !== undefined) expect(first, path).toBe(attempts + 1)
            const begun = next.events.find((event) => event.type === 'step:attempt' && event.stepId === path)
            if (begun !== undefined) expect(begun.at).toBeGreaterThanOrEqual(retryAt)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  test('events, lines, spans and metrics of each process tell the same story', async () => {
    await fc.assert(
      fc.asyncProperty(anyQuietPlot, anyOrder, anyInterruptions, async (plot, names, interruptions) => {
        const { chapters, afterwards } = await story(names, scenarioOf(plot), interruptions)
        const isAround = names.indexOf('tracing') < names.indexOf('durable')
        for (const seen of [...chapters, afterwards]) {
          expectOneStory(seen)
          const restored = endsOf(seen, 'step:end', 'restored') + endsOf(seen, 'map:item', 'restored')
          const spans = seen.spans.filter(({ attributes }) => statusOf(attributes) === 'restored')
          expect(spans).toHaveLength(isAround ? restored : 0)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('two orders of the list in which `tracing` is before `durable` see the same of every step', async () => {
    await fc.assert(
      fc.asyncProperty(anyQuietPlot, anyTracedOrder, anyInterruptions, async (plot, names, interruptions) => {
        const scenario = scenarioOf(plot)
        const expected = pageByPage(await story(tracedFirst, scenario, interruptions))
        expect(pageByPage(await story(names, scenario, interruptions))).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })
})

const pageByPage = ({ chapters, afterwards }: Awaited<ReturnType<typeof story>>) =>
  [...chapters, afterwards].map(stepByStep)

const outcomeOf = ({ result: { status, output } }: Seen) => ({ status, output })

const isInside = (path: string, outer: string) => path.startsWith(`${outer}/`) || path.startsWith(`${outer}[`)

/** The numbers of the attempts in which the function of a step was called. */
const attemptsAt = ({ lines }: Seen, path: string) =>
  lines.flatMap((line) => (line.msg === 'working' && line['pipe.step.path'] === path ? [line['attempt']] : []))

const statusOf = (attributes: object) => new Map<string, unknown>(Object.entries(attributes)).get('pipe.step.status')
