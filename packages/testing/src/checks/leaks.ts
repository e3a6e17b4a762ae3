import type { Plugin } from '@pipe/core'
import { turn } from '../turn.ts'
import { everyKind, inWords, oneStep, outcomes, works } from './pipelines.ts'
import { must } from '../finding.ts'
import type { Rule } from './rule.ts'
import { outcome, result, stageOf } from './stage.ts'

export const leavesNoTimer: Rule = {
  name: 'leaves no timer ticking after a run',
  async check(subject) {
    const { clock, pipe, close } = stageOf(subject, [subject.make()])
    await outcome(clock, pipe.run(oneStep({}, works.answers)))
    const before = clock.timers
    for (const work of outcomes) {
      await result(clock, pipe.start(everyKind(subject.options, work)))
      await turn()
      must(
        clock.timers <= before,
        `${clock.timers - before} timer(s) tick after a run ${inWords(work)}`,
        'clear each timer when its attempt settles: `ctx.defer(() => clock.clearTimeout(timer))`',
      )
    }
    await close()
  },
}

export const leavesNoListener: Rule = {
  name: 'leaves no listener on a signal after a run',
  async check(subject) {
    const { plugin, listeners, count } = listenerCounter()
    const { clock, pipe, close } = stageOf(subject, [plugin, subject.make()])
    for (const work of outcomes) {
      const { signal } = new AbortController()
      count(signal)
      await result(clock, pipe.start(everyKind(subject.options, work), undefined, { signal }))
      must(
        listeners.size === 0,
        `${listeners.size} listener(s) on signals are left after a run ${inWords(work)}`,
        'remove each listener when its attempt settles: `ctx.defer(() => signal.removeEventListener(…))`',
      )
    }
    await close()
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
