import type { Plugin } from '@pipe/core'
import { expect } from 'vitest'
import type { PluginCheck } from '../plugin-check.ts'
import { turn } from '../turn.ts'
import { everyKind, oneStep, works } from './pipelines.ts'
import { outcome, result, stageOf } from './stage.ts'

export const leavesNoTimer: PluginCheck = {
  name: 'leaves no timer ticking after a run',
  async run(subject) {
    const { clock, pipe } = stageOf(subject, [subject.make()])
    await outcome(clock, pipe.run(oneStep({}, works.answers)))
    const before = clock.timers
    for (const work of [works.answers, works.promises, works.fails]) {
      await result(clock, pipe.start(everyKind(subject.options, work)))
      await turn()
      expect(clock.timers, `timers after a run whose steps are like ${work.name}`).toBeLessThanOrEqual(before)
    }
    await pipe.close()
  },
}

export const leavesNoListener: PluginCheck = {
  name: 'leaves no listener on a signal after a run',
  async run(subject) {
    const { plugin, listeners, count } = listenerCounter()
    const { clock, pipe } = stageOf(subject, [plugin, subject.make()])
    for (const work of [works.answers, works.promises, works.fails]) {
      const { signal } = new AbortController()
      count(signal)
      await result(clock, pipe.start(everyKind(subject.options, work), undefined, { signal }))
      expect(listeners.size, `listeners after a run whose steps are like ${work.name}`).toBe(0)
    }
    await pipe.close()
  },
}

/** A plugin that counts the listeners on the signals of all steps and attempts; `count` adds another signal. */
function listenerCounter(): { plugin: Plugin; listeners: Set<unknown>; count: (signal: AbortSignal) => void } {
  const listeners = new Set<unknown>()
  const counted = new WeakSet<AbortSignal>()
  const count = (signal: AbortSignal) => {
    if (counted.has(signal)) return
    counted.add(signal)
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    Object.defineProperties(signal, {
      addEventListener: {
        value: (...[type, listener, options]: Parameters<typeof add>) => {
          listeners.add(listener)
          if (typeof options === 'object') {
            const forget = () => listeners.delete(listener)
            if (options.once === true) add('abort', forget, { once: true })
            options.signal?.addEventListener('abort', forget, { once: true })
          }
          add(type, listener, options)
        },
      },
      removeEventListener: {
        value: (...[type, listener]: Parameters<typeof remove>) => {
          listeners.delete(listener)
          remove(type, listener)
        },
      },
    })
  }
  const around = (ctx: { readonly signal: AbortSignal }, next: () => unknown) => {
    count(ctx.signal)
    return next()
  }
  return { plugin: { name: 'listener-counter', step: () => around, attempt: () => around }, listeners, count }
}
