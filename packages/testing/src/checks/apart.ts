import { type Pipeline, pipeline, type StepOptions, type } from '@pipe/core'
import { turn } from '../turn.ts'
import { differences } from './differences.ts'
import { everyKind, oneStep, works } from './pipelines.ts'
import { must } from '../finding.ts'
import type { Rule } from './rule.ts'
import { answerOf, outcome, result, type Stage, stageOf } from './stage.ts'

export const keepsPipesApart: Rule = {
  name: 'works in several pipes at once, each with a clock of its own',
  async check(subject) {
    for (const work of [works.promises, works.fails]) {
      const defined = everyKind(subject.options, work)
      const start = ({ pipe }: Stage) => pipe.start(defined, undefined, { failure: 'continue' })
      const [alone, one, other] = await Promise.all([1, 2, 3].map(() => ready()))
      const expected = await result(alone!.clock, start(alone!))
      const runs = [start(one!), start(other!)] as const
      await turn()
      const seen = [await result(one!.clock, runs[0]), await result(other!.clock, runs[1])]
      for (const each of seen) {
        const how = differences(each, expected)
        must(
          how === '',
          `a run of one pipe ends differently while another pipe runs too: ${how}`,
          'keep what `setup` gets (clock, events, services) in variables of the function that makes the plugin, not of the module',
        )
      }
      for (const { close } of [alone!, one!, other!]) await close()
    }

    /** A pipe whose plugin is set up. */
    async function ready(): Promise<Stage> {
      const stage = stageOf(subject, [subject.make()])
      await outcome(stage.clock, stage.pipe.run(oneStep({}, works.answers)))
      return stage
    }
  },
}

/** So many runs at once. */
const CROWD = 100

export const keepsRunsApart: Rule = {
  name: `keeps ${CROWD} runs at once apart`,
  async check(subject) {
    const { clock, pipe, close } = stageOf(subject, [subject.make()])
    const defined = ofInput(subject.options)
    const runs = Array.from({ length: CROWD }, (_, i) => pipe.start(defined, i))
    for (const [i, run] of runs.entries()) {
      const how = differences(answerOf(await result(clock, run)), {
        status: 'succeeded',
        output: outputFor(i),
        error: undefined,
      })
      must(
        how === '',
        `of ${CROWD} runs at once, run ${i} ends differently than alone: ${how}`,
        'keep what it knows of a step by `runId` and `stepId`, or in variables of its middleware, and what it remembers of ' +
          'outputs by what the step reads (`needs`, `item`); when it is there to refuse runs, give `options` that let these pass',
      )
    }
    await close()
  },
}

/** A pipeline whose every output tells its input. */
function ofInput(options: StepOptions): Pipeline<number, unknown> {
  const inner = pipeline('inner', { input: type<number>() }, (p) =>
    p.step('within', { ...options, run: async ({ input }) => Promise.resolve(`within ${input}`) }),
  )
  return pipeline('crowd', { input: type<number>() }, (p) => {
    const step = p.step('step', { ...options, run: async ({ input }) => Promise.resolve(`step ${input}`) })
    const map = p.map('map', {
      ...options,
      over: ({ input }) => [`${input} a`, `${input} b`],
      run: async (item) => Promise.resolve(`item ${item}`),
    })
    const call = p.call('call', inner, { ...options, input: ({ input }) => input })
    return { step, map, call }
  })
}

const outputFor = (i: number) => ({ step: `step ${i}`, map: [`item ${i} a`, `item ${i} b`], call: `within ${i}` })
