import { expect } from 'vitest'
import type { PluginCheck } from '../plugin-check.ts'
import { oneStep, works } from './pipelines.ts'
import { result, stageOf } from './stage.ts'

export const hasAName: PluginCheck = {
  name: 'has the name it is known by, each time it is made, so that a pipe takes it only once',
  run({ name, make }) {
    expect(make().name, 'the name of the plugin').toBe(name)
    expect(make().name, 'the name of another one').toBe(name)
  },
}

export const isMadeAnew: PluginCheck = {
  name: 'is made anew each time, so that two pipes do not share it',
  async run(subject) {
    const [one, other] = [subject.make(), subject.make()]
    expect(one, 'the factory must answer with another object each time').not.toBe(other)
    const [first, second] = [stageOf(subject, [one]), stageOf(subject, [other])]
    const defined = oneStep(subject.options, works.promises)
    const outcomes = [
      await result(first.clock, first.pipe.start(defined)),
      await result(second.clock, second.pipe.start(defined)),
    ]
    await first.pipe.close()
    outcomes.push(await result(second.clock, second.pipe.start(defined)))
    await second.pipe.close()
    const [expected, ...others] = outcomes
    for (const outcome of others) expect(outcome, 'a run of another pipe').toEqual(expected)
  },
}
