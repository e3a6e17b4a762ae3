import { type Pipeline, pipeline, type Plugin, type StepOptions } from '@pipe/core'
import { turn } from '../turn.ts'
import { everyKind, oneStep, works } from './pipelines.ts'
import { must } from '../finding.ts'
import type { Rule } from './rule.ts'
import { result, stageOf } from './stage.ts'

export const observesQuietly: Rule = {
  name: 'has observers that never throw, nor return a promise that rejects',
  async check(subject) {
    const { clock, pipe, close, reports } = stageOf(subject, [subject.make(), retryOnce])
    for (const work of [works.answers, works.promises, works.fails]) {
      await result(clock, pipe.start(everyKind(subject.options, work)))
      await result(clock, pipe.start(eventful(subject.options)))
    }
    const run = pipe.start(oneStep(subject.options, works.hangs), undefined, { paused: true, tags: { a: 'tag' } })
    run.resume()
    await clock.advance(1)
    run.cancel()
    await result(clock, run)
    await close()
    await turn()
    const told = [...new Set(reports.map(({ message }) => message))]
    must(
      told.length === 0,
      `the pipe was told of errors of observers: ${told.join('; ')}`,
      'let observers take every event as it may be: `error` can be anything, and `undefined` too; catch what they await',
    )
  },
}

/** So that there is a retry to observe, whatever the plugin. */
const retryOnce: Plugin = {
  name: 'retry-once',
  policy:
    () =>
    ({ attempt }) =>
      attempt === 1 ? { retryAt: 0 } : undefined,
}

/** A run in which every event happens: progress, a retry, items, an undo, and a failure with no error at all. */
function eventful(options: StepOptions): Pipeline<void, unknown> {
  return pipeline('eventful', (p) => {
    const step = p.step('step', { ...options, run: (_, { progress }) => progress({ done: 1 }), undo: () => undefined })
    const map = p.map('map', {
      ...options,
      needs: { step },
      over: () => ['x', 'y'],
      key: (item) => item,
      run: (item) => item,
    })
    const fails = p.step('fails', {
      needs: { map },
      run: () => {
        throw undefined as unknown
      },
    })
    return { fails, after: p.step('after', { needs: { fails }, run: () => 1 }) }
  })
}
