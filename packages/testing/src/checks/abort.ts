import { type AbortCode, PipelineError } from '@pipe/core'
import { soon } from '../patience.ts'
import { turn } from '../turn.ts'
import { shown } from './differences.ts'
import { oneStep, works } from './pipelines.ts'
import { must } from '../finding.ts'
import type { Rule, Subject } from './rule.ts'
import { outcome, stageOf, until } from './stage.ts'

/** So many timers fire before the cancel. */
const MOMENTS = [0, 1, 2, 3]

export const givesWay: Rule = {
  name: 'gives way to a cancel at once, whatever it waits for, and never calls the step again',
  async check(subject) {
    for (const work of ['fails', 'hangs', 'deaf'] as const) {
      for (const moment of MOMENTS) await cancelAt(subject, work, moment)
    }
  },
}

async function cancelAt(subject: Subject, work: 'fails' | 'hangs' | 'deaf', moment: number): Promise<void> {
  const { clock, pipe, close } = stageOf(subject, [subject.make()])
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
  const step = { fails: 'fails', hangs: 'runs until its signal aborts', deaf: 'never returns' }[work]
  const when = `cancelled after ${moment} timer(s), a run whose step ${step}`
  must(
    await soon(() => run.status !== 'running'),
    `${when}, goes on although nothing but a timer can happen`,
    'end every wait of its own when `ctx.signal` aborts; better, let a policy answer `{ retryAt }`: then the engine waits',
  )
  const called = calls
  await turn()
  must(
    clock.timers <= before,
    `${when}, leaves ${clock.timers - before} timer(s) ticking`,
    'clear its timers when `ctx.signal` aborts, or with `ctx.defer(() => clock.clearTimeout(timer))`',
  )
  await clock.advance('1h')
  must(
    calls === called,
    `${when}, has ended, and its step is called ${calls - called} more time(s) in the hour after`,
    'look at `ctx.signal.aborted` before it calls `next` again',
  )
  await close()
}

const CODES: readonly AbortCode[] = ['CANCELLED', 'TIMEOUT', 'SHUTDOWN', 'LEASE_LOST']

export const passesOnReasons: Rule = {
  name: 'lets the reason of a cancel reach the signal of the step, the same instance',
  async check(subject) {
    for (const code of CODES) {
      const { clock, pipe, close } = stageOf(subject, [subject.make()])
      const reason = new PipelineError(code, 'The check ends the run.')
      let signal: AbortSignal | undefined
      const defined = oneStep(subject.options, (ctx) => {
        signal ??= ctx.signal
        return works.hangs(ctx)
      })
      const run = pipe.start(defined)
      await until(clock, () => signal !== undefined || run.status !== 'running')
      run.cancel(reason)
      await outcome(clock, run.result)
      const seen: unknown = signal?.reason
      must(
        signal === undefined || seen === reason,
        `the run was cancelled with a PipelineError \`${code}\`, and the signal of the step aborted with ${shown(seen)}`,
        'hand on `ctx.signal` as it is, or abort a signal of its own with `ctx.signal.reason`',
      )
      await close()
    }
  },
}
