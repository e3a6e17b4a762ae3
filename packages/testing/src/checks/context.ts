import { messageOf, type Plugin, type StepContext } from '@pipe/core'
import { expect } from 'vitest'
import type { PluginCheck } from '../plugin-check.ts'
import { everyKind, works } from './pipelines.ts'
import { result, stageOf } from './stage.ts'

export const makesFields: PluginCheck = {
  name: 'makes its fields of contexts whenever they are read, and never throws',
  appliesTo: ({ make }) => make().context !== undefined,
  async run(subject) {
    const thrown = new Set<string>()
    const read = (ctx: StepContext, when: string) => {
      for (const field of Object.keys(subject.make().context ?? {})) {
        try {
          Reflect.get(ctx, field)
        } catch (error) {
          thrown.add(`\`${field}\` ${when}: ${messageOf(error)}`)
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
      const { clock, pipe } = stageOf(subject, [reader, subject.make()])
      const reading = (ctx: StepContext) => {
        contexts.push(ctx)
        read(ctx, 'in a step')
        return work()
      }
      await result(clock, pipe.start(everyKind(subject.options, reading)))
      for (const ctx of contexts) read(ctx, 'after the run')
      await pipe.close()
    }
    expect([...thrown].join('; '), 'what reading a field threw').toBe('')
  },
}
