import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { activeSpans } from './support/active-spans.ts'
import { anyPlot, scenarioOf } from './support/any-pipeline.ts'
import { pluginNames } from './support/every-plugin.ts'
import { expectOneStory } from './support/one-story.ts'
import { anyOrder } from './support/orders.ts'
import { stepByStep } from './support/step-by-step.ts'
import { type Seen, witness } from './support/witness.ts'

activeSpans()

describe('of any pipeline, run in any way', () => {
  test('two orders of the list see the same of every step', async () => {
    await fc.assert(
      fc.asyncProperty(anyPlot, anyOrder, async (plot, names) => {
        const scenario = scenarioOf(plot)
        const expected = await witness(pluginNames, scenario)
        expect([expected.reported, expected.timers]).toEqual([[], 0])
        expect(stepByStep(await witness(names, scenario))).toEqual(stepByStep(expected))
      }),
      { numRuns: 200 },
    )
  })

  test('events, lines, spans, metrics and the result tell the same story', async () => {
    await fc.assert(
      fc.asyncProperty(anyPlot, anyOrder, async (plot, names) => {
        expectOneStory(await witness(names, scenarioOf(plot)))
      }),
      { numRuns: 100 },
    )
  })

  test('every span is inside that of what it is part of, and has ended as its step has', async () => {
    await fc.assert(
      fc.asyncProperty(anyPlot, anyOrder, async (plot, names) => {
        const { spans, result } = await witness(names, scenarioOf(plot))
        const byId = new Map(spans.map((span) => [span.id, span]))
        const steps = spans.filter((span) => !['run', 'attempt', 'undo'].includes(operationOf(span)))
        const traced = new Set(steps.map(pathOf))
        for (const span of spans) {
          const [around, path] = [byId.get(span.parent ?? ''), pathOf(span)]
          if (operationOf(span) === 'run') expect(span.parent).toBeUndefined()
          else if (operationOf(span) === 'attempt') expect(pathOf(around), span.name).toBe(path)
          else expect(around, span.name).toBeDefined()
        }
        for (const span of steps) {
          const path = pathOf(span)
          const around = prefixesOf(path)
          expect(pathOf(byId.get(span.parent ?? '')), path).toBe(around.find((prefix) => traced.has(prefix)) ?? '')
          // What is inside of something that is tried again runs several times: the result knows the last time.
          if (around.some((prefix) => (result.steps[prefix]?.attempts ?? 1) > 1)) continue
          expect(attribute(span, 'pipe.step.status'), path).toBe(result.steps[path]?.status)
        }
      }),
      { numRuns: 100 },
    )
  })
})

type Span = Seen['spans'][number]

function attribute(span: Span | undefined, name: string): string {
  const value = new Map<string, unknown>(Object.entries(span?.attributes ?? {})).get(name)
  return typeof value === 'string' ? value : ''
}
const operationOf = (span: Span) => attribute(span, 'pipe.operation')
/** Path of the step of a span; that of the run is empty. */
const pathOf = (span: Span | undefined) => attribute(span, 'pipe.step.path')

/** What a path may be inside of, the innermost first: of `a[0]/b` it is `a[0]` and `a`. */
const prefixesOf = (path: string) => [...path.matchAll(/[/[]/g)].map(({ index }) => path.slice(0, index)).toReversed()
