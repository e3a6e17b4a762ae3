import { differences, shown } from './differences.ts'
import { oneStep, works } from './pipelines.ts'
import { must } from '../finding.ts'
import type { Rule } from './rule.ts'
import { type Answer, answerOf, result, stageOf } from './stage.ts'

export const hasAName: Rule = {
  name: 'has the name it is known by, each time it is made, so that a pipe takes it only once',
  check({ name, make }) {
    for (const which of ['the plugin', 'another one, made by the same function,']) {
      const own: unknown = make().name
      must(
        own === name,
        `${which} has the name ${shown(own)} and not ${shown(name)}`,
        'give every plugin that the function makes this `name`, or tell the suite the right one',
      )
    }
  },
}

export const isMadeAnew: Rule = {
  name: 'is made anew each time, so that two pipes do not share it',
  async check(subject) {
    const [one, other] = [subject.make(), subject.make()]
    must(
      one !== other,
      'the function that makes it answered with the same object twice',
      'make the object inside the function: `() => myPlugin()`, not `() => plugin`',
    )
    const [first, second] = [stageOf(subject, [one]), stageOf(subject, [other])]
    const defined = oneStep(subject.options, works.promises)
    const run = async ({ clock, pipe }: typeof first): Promise<Answer> =>
      answerOf(await result(clock, pipe.start(defined)))
    const expected = await run(first)
    const remedy = 'keep what it knows in variables of the function that makes it, not of the module'
    const whenBoth = differences(await run(second), expected)
    must(whenBoth === '', `the same run in a second pipe, with another plugin, ends differently: ${whenBoth}`, remedy)
    await first.close()
    const whenClosed = differences(await run(second), expected)
    must(whenClosed === '', `a run ends differently once another pipe is closed: ${whenClosed}`, remedy)
    await second.close()
  },
}
