import { expect } from 'vitest'
import type { PluginCheck } from '../plugin-check.ts'
import { turn } from '../turn.ts'
import { everyKind, works } from './pipelines.ts'
import { result, stageOf } from './stage.ts'

export const closesTwice: PluginCheck = {
  name: 'may be closed again, and closed without a run',
  async run(subject) {
    const plugin = subject.make()
    const { clock, pipe } = stageOf(subject, [plugin])
    await result(clock, pipe.start(everyKind(subject.options, works.promises)))
    await pipe.close()
    await expect(Promise.resolve(plugin.close?.()), 'closing it again').resolves.toBeUndefined()
    await expect(
      Promise.resolve(subject.make().close?.()),
      'closing one that was never set up',
    ).resolves.toBeUndefined()
  },
}

export const releases: PluginCheck = {
  name: 'releases on close what it acquired: timers and observers',
  async run(subject) {
    const plugin = subject.make()
    const { clock, pipe } = stageOf(subject, [plugin])
    await result(clock, pipe.start(everyKind(subject.options, works.promises)))
    await pipe.close()
    await turn()
    expect(clock.timers, 'timers that tick after the pipe was closed').toBe(0)
    const own: readonly (string | symbol)[] = Object.keys(plugin.hooks ?? {})
    const left = pipe.events.eventNames().filter((name) => !own.includes(name))
    expect(left, 'events it still listens to after the pipe was closed').toEqual([])
  },
}
