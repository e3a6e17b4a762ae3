import { expect } from 'vitest'
import type { PluginCheck, PluginSubject } from '../plugin-check.ts'
import { turn } from '../turn.ts'
import { oneStep, works } from './pipelines.ts'
import { outcome, stageOf } from './stage.ts'

/** So many timers fire before the cancel. */
const MOMENTS = [0, 1, 2, 3]

export const givesWay: PluginCheck = {
  name: 'gives way to a cancel at once, whatever it waits for, and never calls the step again',
  async run(subject) {
    for (const work of ['fails', 'hangs', 'deaf'] as const) {
      for (const moment of MOMENTS) await cancelAt(subject, work, moment)
    }
  },
}

async function cancelAt(subject: PluginSubject, work: 'fails' | 'hangs' | 'deaf', moment: number): Promise<void> {
  const { clock, pipe } = stageOf(subject, [subject.make()])
  await outcome(clock, pipe.run(oneStep({}, works.answers)))
  const before = clock.timers
  let calls = 0
  const defined = oneStep(subject.options, (ctx) => {
    calls++
    return works[work](ctx)
  })
  // Nothing but a deaf step may have to be given up.
  const run = pipe.start(defined, undefined, work === 'deaf' ? { grace: 0 } : {})
  for (let i = 0; i < moment; i++) await clock.advanceToNext()
  await turn()
  run.cancel('the check cancels')
  await clock.advance(0)
  const when = `a run whose step ${work}, cancelled after ${moment} timer(s)`
  expect(run.status, `${when}, must have ended`).not.toBe('running')
  const called = calls
  expect(clock.timers, `timers left by ${when}`).toBeLessThanOrEqual(before)
  await clock.advance('1h')
  expect(calls, `calls of the step after ${when}, had ended`).toBe(called)
  await pipe.close()
}
