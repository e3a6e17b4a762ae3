import type { StepContext } from '@pipe/core'
import { differences, shown } from './differences.ts'
import { everyKind, inWords, oneStep, works } from './pipelines.ts'
import { neutral, twice } from './probe.ts'
import { must } from '../finding.ts'
import type { Rule } from './rule.ts'
import { outcome, type Outcome, result, stageOf } from './stage.ts'
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

export const handsOnContext: Rule = {
  name: 'hands on a whole context: that of the step, or one derived from it',
  async check(subject) {
    const { plugin, seen } = watched(subject.make())
    const { clock, pipe, close } = stageOf(subject, [plugin])
    await result(clock, pipe.start(everyKind(subject.options, works.promises)))
    for (const { got, gave } of seen.handed) {
      if (gave === undefined) continue
      const lost = [
        ...FIELDS.filter((field) => gave[field] !== got[field]),
        ...OTHERS.filter((field) => typeof gave[field] !== typeof got[field]),
      ]
      must(
        lost.length === 0,
        `a middleware calls \`next\` with a context whose ${lost.map((field) => `\`${field}\``).join(', ')} is not that of the step`,
        'make the context that it hands on with `derive(ctx, { … })`: a copy loses what is made when it is read',
      )
    }
    await close()
  },
}

export const standsAgain: Rule = {
  name: 'may be called again by a middleware around it',
  async check(subject) {
    for (const work of [works.answers, works.promises]) {
      const { clock, pipe, close } = stageOf(subject, [twice('twice'), subject.make()])
      let calls = 0
      const flaky = oneStep(subject.options, () => (++calls % 2 === 1 ? works.fails() : work()))
      for (const defined of [everyKind(subject.options, work), flaky]) {
        const { status, error } = await result(clock, pipe.start(defined))
        must(
          status === 'succeeded',
          `a run in which a middleware around it calls \`next\` twice is ${status}: ${shown(error)}`,
          'keep what belongs to one call in variables of the middleware, and expect the same step and attempt again',
        )
      }
      await close()
    }
  },
}

export const isNeverLate: Rule = {
  name: 'does not call `next` after it has answered',
  async check(subject) {
    for (const work of Object.values(works)) {
      const { plugin, seen } = watched(subject.make())
      const { clock, pipe, close } = stageOf(subject, [plugin])
      const run = pipe.start(oneStep(subject.options, work), undefined, { grace: 0 })
      await clock.advance('1m')
      run.cancel()
      await outcome(clock, run.result)
      await clock.advance('1h')
      must(
        seen.late === 0,
        `a middleware calls \`next\` ${seen.late} time(s) after it has answered or thrown`,
        'call `next` only while the answer is open; another attempt later is the work of a policy',
      )
      await close()
    }
  },
}

export const standsAnywhere: Rule = {
  name: 'does not depend on its place in the list, nor on who else is there',
  async check(subject) {
    for (const work of [works.promises, works.fails]) {
      const defined = everyKind(subject.options, work)
      const orders = [
        [subject.make()],
        [subject.make(), neutral('one'), neutral('two')],
        [neutral('one'), subject.make(), neutral('two')],
        [neutral('one'), neutral('two'), subject.make()],
      ]
      let alone: Outcome | undefined
      for (const plugins of orders) {
        const { clock, pipe, close } = stageOf(subject, plugins)
        const seen = await result(clock, pipe.start(defined, undefined, { failure: 'continue' }))
        const how = differences(seen, (alone ??= seen))
        const list = plugins.map(({ name }) => name).join(', ')
        must(
          how === '',
          `a run ${inWords(work)}, with the plugins ${list}, ends differently than with this one alone: ${how}`,
          'take each context as it comes: others may derive new ones for the step and for each attempt',
        )
        await close()
      }
    }
  },
}
