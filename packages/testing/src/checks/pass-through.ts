import { pipeline, type StepInfo } from '@pipe/core'
import { differences, shown } from './differences.ts'
import { everyKind, inWords, oneStep, outcomes, works } from './pipelines.ts'
import { must } from '../finding.ts'
import type { Rule } from './rule.ts'
import { outcome, result, stageOf } from './stage.ts'

const KINDS = [
  ['step', 'function'],
  ['item', 'function'],
  ['item', 'others'],
  ['map', 'others'],
  ['call', 'others'],
  ['loop', 'others'],
] as const

export const answersUndefined: Rule = {
  name: 'has nothing to do with steps that do not ask for it',
  appliesTo: (_, { everyStep }) => !everyStep,
  check({ make }) {
    const plugin = make()
    for (const [kind, runs] of KINDS) {
      const about = { pipeline: 'p', id: 'a', options: {}, optional: false, undoable: false, version: undefined }
      const step: StepInfo = { ...about, kind, runs }
      for (const question of ['step', 'attempt', 'policy', 'undo'] as const) {
        must(
          plugin[question]?.(step) === undefined,
          `\`${question}\` answers for a ${kind} that has none of its options`,
          'answer `undefined` there, so that such steps pay nothing; when every step is its business, say `everyStep: true` to the suite',
        )
      }
    }
  },
}

export const changesNothing: Rule = {
  name: 'changes nothing about steps that do not ask for it',
  async check(subject) {
    for (const work of outcomes) {
      const defined = everyKind({}, work)
      const [without, within] = [stageOf(subject, []), stageOf(subject, [subject.make()])]
      const expected = await result(without.clock, without.pipe.start(defined, undefined, { failure: 'continue' }))
      const seen = await result(within.clock, within.pipe.start(defined, undefined, { failure: 'continue' }))
      const how = differences(seen, expected)
      must(
        how === '',
        `a run without its options, ${inWords(work)}, ends differently than without the plugin: ${how}`,
        'answer with what `next()` answers with, and throw what it throws, where no option asks for something else',
      )
      await within.close()
    }
  },
}

export const passesOn: Rule = {
  name: 'passes on what a step answers and what it throws, the same instance',
  async check(subject) {
    const output = { an: 'output' }
    const { clock, pipe, close } = stageOf(subject, [subject.make()])
    const answered: unknown = await outcome(clock, pipe.run(oneStep(subject.options, () => output)))
    must(
      answered === output,
      `a step with its options answers with ${shown(output)}, and the run with ${describe(answered, output)}`,
      'answer with what `next()` answers with, not with a copy',
    )
    for (const options of [{}, subject.options]) {
      const thrown = new Error('The step fails.')
      const failing = oneStep(options, () => {
        throw thrown
      })
      const settled = pipe.run(failing).then(
        () => thrown, // it has an output for failed steps
        (error: unknown) => error,
      )
      const error = await outcome(clock, settled)
      must(
        isCausedBy(error, thrown),
        `a step ${options === subject.options ? 'with' : 'without'} its options throws an error, and that is not among the causes of ${shown(error)}`,
        'throw what `next()` throws, or an error that has it as its `cause`',
      )
    }
    await close()
  },
}

const describe = (seen: unknown, expected: unknown) => (shown(seen) === shown(expected) ? 'a copy of it' : shown(seen))

/** Whether `cause` is `error`, or somewhere behind it. */
function isCausedBy(error: unknown, cause: unknown): boolean {
  if (error === cause) return true
  if (!(error instanceof Error)) return false
  const behind: readonly unknown[] = error instanceof AggregateError ? error.errors : []
  return [error.cause, ...behind].some((one) => isCausedBy(one, cause))
}

export const letsUndo: Rule = {
  name: 'lets completed steps be undone, once each when that succeeds, and passes on what their undo throws',
  async check(subject) {
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
      const { clock, pipe, close } = stageOf(subject, [subject.make()])
      const { steps } = await outcome(clock, pipe.start(defined).result)
      must(
        fails ? undone > 0 : undone === 1, // one that fails may be tried again
        `a step with its options completed, a later one failed, and its undo was called ${undone} times`,
        'call `next()` in the middleware that `undo` answers with, and not again when it succeeded',
      )
      const undo = steps['a']?.undo
      const [seen, expected] = [typeof undo === 'object' ? undo.message : undo, fails ? 'The undo fails.' : 'done']
      must(
        seen === expected,
        `the undo of a step with its options ${fails ? 'throws' : 'succeeds'}, and the result says ${shown(seen)} of it`,
        'throw in the middleware of `undo` what `next()` throws, and nothing else',
      )
      await close()
    }
  },
}

export const staysSkipped: Rule = {
  name: 'leaves a step skipped whose condition is false',
  async check(subject) {
    const { clock, pipe, close } = stageOf(subject, [subject.make()])
    const inner = oneStep({}, works.answers)
    const when = () => false
    const defined = pipeline('skipped', (p) => ({
      step: p.step('step', { ...subject.options, when, run: works.answers }),
      map: p.map('map', { ...subject.options, when, over: () => [1], run: works.answers }),
      call: p.call('call', inner, { ...subject.options, when }),
    }))
    for (const run of ['run', 'second run']) {
      const { steps } = await result(clock, pipe.start(defined))
      for (const kind of ['step', 'map', 'call']) {
        const { status, output } = steps[kind]!
        must(
          status === 'skipped' && output === undefined,
          `in the ${run}, a ${kind} with its options and the condition \`() => false\` is ${status}, with the output ${shown(output)}`,
          'answer with what `next()` answers with when `isSkip(answer)`: it is no output to change or to keep',
        )
      }
    }
    await close()
  },
}
