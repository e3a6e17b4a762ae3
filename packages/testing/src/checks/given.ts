import { pipeline, type StepContext, type } from '@pipe/core'
import { differences } from './differences.ts'
import { must } from '../finding.ts'
import type { Rule, Subject } from './rule.ts'
import { type Outcome, result, stageOf } from './stage.ts'

export const changesNothingGiven: Rule = {
  name: 'changes no object that it is given: options, inputs, outputs, errors, tags',
  async check(subject) {
    for (const fails of [false, true]) {
      const how = differences(await ended(subject, fails, deepFrozen), await ended(subject, fails, asItIs))
      must(
        how === '',
        `a run with frozen objects, whose steps ${fails ? 'fail' : 'succeed'}, ends differently than with others: ${how}`,
        'write to objects of its own, or to copies: what steps and callers give is theirs',
      )
    }
  },
}

type Prepare = <T>(value: T) => T

async function ended(subject: Subject, fails: boolean, prepare: Prepare): Promise<Outcome> {
  const { clock, pipe, close } = stageOf(subject, [subject.make()])
  const options = prepare(subject.options)
  const work = (_: unknown, { progress }: StepContext) => {
    progress(prepare({ done: 0.5 }))
    if (fails) throw prepare(new Error('The step fails.'))
    return prepare({ an: { output: ['of', 'a', 'step'] } })
  }
  const defined = pipeline('given', { input: type<object>() }, (p) => {
    const step = p.step('step', { ...options, run: work, undo: () => undefined })
    const map = p.map('map', { ...options, over: () => [prepare({ item: 1 })], run: work })
    return p.step('last', { ...options, needs: { step, map }, run: work })
  })
  const given = { tags: prepare({ a: 'tag' }), context: prepare({ a: { field: 1 } }), failure: 'continue' } as const
  const seen = await result(clock, pipe.start(defined, prepare({ an: { input: 1 } }), given))
  await close()
  return seen
}

const asItIs: Prepare = (value) => value

/** `value`, frozen all the way down. Plain objects are copied first, and what is of a class is left to itself. */
function deepFrozen<T>(value: T): T {
  if (value instanceof Error) return Object.freeze(value)
  if (Array.isArray(value)) return Object.freeze(value.map(deepFrozen)) as T
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, one]) => [key, deepFrozen(one)]))) as T
}
