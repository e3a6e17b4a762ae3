import type { StepContext } from '@pipe/core'
import { expect } from 'vitest'
import type { PluginCheck } from '../plugin-check.ts'
import { everyKind, oneStep, works } from './pipelines.ts'
import { neutral, twice } from './probe.ts'
import { outcome, result, stageOf } from './stage.ts'
import { watched } from './watched.ts'

const FIELDS = [
  'runId',
  'pipeline',
  'stepId',
  'key',
  'attempt',
  'idempotencyKey',
] as const satisfies (keyof StepContext)[]
const OTHERS = ['signal', 'use', 'context', 'progress', 'log', 'now', 'random'] as const satisfies (keyof StepContext)[]

export const handsOnContext: PluginCheck = {
  name: 'hands on a whole context: that of the step, or one derived from it',
  async run(subject) {
    const { plugin, seen } = watched(subject.make())
    const { clock, pipe } = stageOf(subject, [plugin])
    await result(clock, pipe.start(everyKind(subject.options, works.promises)))
    for (const { got, gave } of seen.handed) {
      if (gave === undefined) continue
      for (const field of FIELDS) expect(gave[field], `\`${field}\` of the context it hands on`).toBe(got[field])
      for (const field of OTHERS)
        expect(gave[field], `\`${field}\` of the context it hands on`).toBeTypeOf(typeof got[field])
    }
    await pipe.close()
  },
}

export const standsAgain: PluginCheck = {
  name: 'may be called again by a middleware around it',
  async run(subject) {
    for (const work of [works.answers, works.promises]) {
      const { clock, pipe } = stageOf(subject, [twice('twice'), subject.make()])
      let calls = 0
      const flaky = oneStep(subject.options, () => (++calls % 2 === 1 ? works.fails() : work()))
      for (const defined of [everyKind(subject.options, work), flaky]) {
        expect(await result(clock, pipe.start(defined)), 'a run in which it is called twice').toMatchObject({
          status: 'succeeded',
        })
      }
      await pipe.close()
    }
  },
}

export const isNeverLate: PluginCheck = {
  name: 'does not call `next` after it has answered',
  async run(subject) {
    for (const work of Object.values(works)) {
      const { plugin, seen } = watched(subject.make())
      const { clock, pipe } = stageOf(subject, [plugin])
      const run = pipe.start(oneStep(subject.options, work), undefined, { grace: 0 })
      await clock.advance('1m')
      run.cancel()
      await outcome(clock, run.result)
      await clock.advance('1h')
      expect(seen.late, `late calls of \`next\` around a step like ${work.name}`).toBe(0)
      await pipe.close()
    }
  },
}

export const standsAnywhere: PluginCheck = {
  name: 'does not depend on its place in the list, nor on who else is there',
  async run(subject) {
    for (const work of [works.promises, works.fails]) {
      const defined = everyKind(subject.options, work)
      const orders = [
        [subject.make()],
        [subject.make(), neutral('one'), neutral('two')],
        [neutral('one'), subject.make(), neutral('two')],
        [neutral('one'), neutral('two'), subject.make()],
      ]
      const outcomes: object[] = []
      for (const plugins of orders) {
        const { clock, pipe } = stageOf(subject, plugins)
        outcomes.push(await result(clock, pipe.start(defined, undefined, { failure: 'continue' })))
        await pipe.close()
      }
      const [first, ...others] = outcomes
      for (const other of others) expect(other, 'a run with it among others').toEqual(first)
    }
  },
}
