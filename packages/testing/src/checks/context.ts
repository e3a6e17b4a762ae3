import { messageOf, type Plugin, type StepContext } from '@pipe/core'
import { everyKind, works } from './pipelines.ts'
import { must } from '../finding.ts'
import type { Rule } from './rule.ts'
import { result, stageOf } from './stage.ts'

export const makesFields: Rule = {
  name: 'makes its fields of contexts whenever they are read, and never throws',
  appliesTo: ({ context }) => context !== undefined,
  async check(subject) {
    const thrown = new Set<string>()
    const read = (ctx: StepContext, when: string) => {
      for (const field of Object.keys(subject.make().context ?? {})) {
        try {
          Reflect.get(ctx, field)
        } catch (error) {
          thrown.add(`\`ctx.${field}\` read ${when} throws: ${messageOf(error)}`)
        }
      }
    }
    for (const work of [works.promises, works.fails]) {
      const contexts: StepContext[] = []
      const around = (ctx: StepContext, next: () => unknown) => {
        read(ctx, 'in middleware')
        return next()
      }
      const reader: Plugin = { name: 'reader', step: () => around, attempt: () => around }
      const { clock, pipe, close } = stageOf(subject, [reader, subject.make()])
      const reading = (ctx: StepContext) => {
        contexts.push(ctx)
        read(ctx, 'in a step')
        return work()
      }
      await result(clock, pipe.start(everyKind(subject.options, reading)))
      for (const ctx of contexts) read(ctx, 'after the run')
      await close()
    }
    must(
      thrown.size === 0,
      [...thrown].join('; '),
      'answer with something that does nothing where there is nothing to give, for a run that has ended too',
    )
  },
}
