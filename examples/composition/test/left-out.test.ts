import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { order } from './scenarios/order.ts'
import { refused } from './scenarios/refused.ts'
import { cancelled } from './scenarios/stopped.ts'
import { activeSpans } from './support/active-spans.ts'
import { type PluginName, pluginNames } from './support/every-plugin.ts'
import { stepByStep } from './support/step-by-step.ts'
import { witness } from './support/witness.ts'

activeSpans()

/** The plugins that change what comes of a run: all others look on. */
const deciders: readonly PluginName[] = ['retry', 'timeout']
const observers = pluginNames.filter((name) => !deciders.includes(name))

describe('whoever looks on may be left out: the others see the same of every step of', () => {
  test.each([order, refused, cancelled])('$name', async (scenario) => {
    const { outcome, events, ...written } = stepByStep(await witness(pluginNames, scenario))
    const anySome = fc
      .subarray(observers)
      .chain((some) => fc.shuffledSubarray([...deciders, ...some], { minLength: deciders.length + some.length }))
    await fc.assert(
      fc.asyncProperty(anySome, async (names) => {
        const seen = stepByStep(await witness(names, scenario))
        expect({ outcome: seen.outcome, events: seen.events }).toEqual({ outcome, events })
        for (const name of ['logging', 'metrics', 'tracing'] as const)
          if (names.includes(name)) expect(seen[name], name).toEqual(written[name])
      }),
      { numRuns: 40 },
    )
  })
})
