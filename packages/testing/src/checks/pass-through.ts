import { pipeline, type RunResult, type StepInfo } from '@pipe/core'
import { expect } from 'vitest'
import type { PluginCheck } from '../plugin-check.ts'
import { everyKind, oneStep, works } from './pipelines.ts'
import { outcome, result, stageOf } from './stage.ts'

const KINDS = [
  ['step', 'function'],
  ['item', 'function'],
  ['item', 'others'],
  ['map', 'others'],
  ['call', 'others'],
  ['loop', 'others'],
] as const

export const answersUndefined: PluginCheck = {
  name: 'has nothing to do with steps that do not ask for it',
  appliesTo: ({ everyStep }) => !everyStep,
  run({ make }) {
    const plugin = make()
    for (const [kind, runs] of KINDS) {
      const step: StepInfo = { pipeline: 'p', id: 'a', kind, runs, options: {}, optional: false, version: undefined }
      for (const question of ['step', 'attempt', 'policy', 'undo'] as const) {
        expect(plugin[question]?.(step), `\`${question}\` of a ${kind} without options`).toBeUndefined()
      }
    }
  },
}

export const changesNothing: PluginCheck = {
  name: 'changes nothing about steps that do not ask for it',
  async run(subject) {
    for (const work of [works.answers, works.promises, works.fails]) {
      const defined = everyKind({}, work)
      const [without, within] = [stageOf(subject, []), stageOf(subject, [subject.make()])]
      const expected = await result(without.clock, without.pipe.start(defined, undefined, { failure: 'continue' }))
      expect(
        await result(within.clock, within.pipe.start(defined, undefined, { failure: 'continue' })),
        'a run without its options',
      ).toEqual(expected)
      await within.pipe.close()
    }
  },
}

export const passesOn: PluginCheck = {
  name: 'passes on what a step answers and what it throws, the same instance',
  async run(subject) {
    const output = { an: 'output' }
    const thrown = new Error('The step fails.')
    const { clock, pipe } = stageOf(subject, [subject.make()])
    const answered: unknown = await outcome(clock, pipe.run(oneStep(subject.options, () => output)))
    expect(answered, 'the output of a step with its options').toBe(output)
    const failing = oneStep({}, () => {
      throw thrown
    })
    const error: unknown = await outcome(clock, pipe.run(failing)).catch((error: unknown) => error)
    expect((error as Error).cause, 'the cause of the failure of a step without options').toBe(thrown)
    await pipe.close()
  },
}

export const letsUndo: PluginCheck = {
  name: 'lets completed steps be undone, once each when that succeeds, and passes on what their undo throws',
  async run(subject) {
    for (const fails of [false, true]) {
      let undone = 0
      const defined = pipeline('undone', (p) => {
        const undo = () => {
          undone++
          if (fails) throw new Error('The undo fails.')
        }
        const a = p.step('a', { ...subject.options, run: () => 'output', undo })
        return p.step('b', { needs: { a }, run: works.fails })
      })
      const { clock, pipe } = stageOf(subject, [subject.make()])
      const { steps }: RunResult = await outcome(clock, pipe.start(defined).result)
      if (fails) undone = Math.min(undone, 1) // it may be tried again
      expect(undone, 'calls of the undo of a step with its options').toBe(1)
      const what = steps['a']?.undo
      expect(typeof what === 'object' ? what.message : what, 'what became of that undo').toBe(
        fails ? 'The undo fails.' : 'done',
      )
      await pipe.close()
    }
  },
}
