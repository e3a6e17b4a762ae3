import {
  type Clock,
  definePlugin,
  type MiddlewareContext,
  PipelineError,
  type Plugin,
  type RunContext,
  systemClock,
} from '@pipe/core'
import { acquire } from './acquire.ts'
import { Execution } from './execution.ts'
import { type ForkOptions, forkRule } from './fork.ts'
import { Lease } from './lease.ts'
import { type DurableOptions, isRecorded, type Durability, settingsOf } from './options.ts'
import type { DurableReport } from './report.ts'
import { RestorableSteps } from './restorable-steps.ts'
import type { Session } from './session.ts'
import { type RecoveryOptions, recoveryRule } from './recovery-options.ts'
import { keepsIn } from './store-of.ts'
import { outcomeOf } from './stored-run.ts'

declare module '@pipe/core' {
  interface StepOptions {
    /**
     * What of the step is recorded. `checkpoint` (default): what it returned, before anything that needs it starts.
     * `none`: nothing; it runs again when the run is resumed, so it should be quick and always answer the same.
     */
    readonly durable?: Durability
  }
  interface RunOptions {
    /** Forgets what is recorded under the id of the run, and begins anew; not while somebody has the run. Default false. */
    readonly force?: boolean
    /**
     * Begins with what another run has recorded, instead of nothing: to repeat a run from some step on, or to go on with one
     * that has failed. Of an id that is known already it changes nothing.
     */
    readonly fork?: ForkOptions
    /** Given by `recover()`: goes on with a run that is recorded, and begins none (`RUN_UNKNOWN`). */
    readonly recovery?: RecoveryOptions
  }
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- merged: its type parameters are those of core
  interface StepContext<U> {
    /**
     * Rises each time that a process takes the run. An outside resource that remembers the greatest and refuses lower ones
     * is safe from a process that lost the run and does not know yet.
     */
    readonly fence?: number
  }
  interface RunReports {
    readonly durable: DurableReport
  }
}

/**
 * Runs that survive their process: what a step returned is recorded before anything that needs it starts, and a run that
 * is started again with the same `id` goes on where it stopped, in any process that shares the store.
 *
 * ```ts
 * const store = sqliteStore({ file: 'runs.db' })
 * const pipe = createPipe({ plugins: [durable({ store }), retry()] })
 * await pipe.run(importOrders, { file: 'orders.csv' }, { id: 'orders-2026-11-21' })
 * ```
 *
 * The result of a step is recorded once; its function is called at least once: make it idempotent, by
 * `ctx.idempotencyKey` or `ctx.fence`. In the list of plugins put it before those that decide about steps or runs, for what
 * they do around it is not recorded, and after `tracing()`, so that what is restored has spans.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function durable(options: DurableOptions): Plugin {
  const settings = settingsOf(options)
  const { store, codec, leaseMs } = settings
  /** By the id of the run, as long as anything of it executes here: also when it was lost. `null` until it begins. */
  const sessions = new Map<string, Session | null>()
  const restorable = new RestorableSteps(settings)
  /** By runs, not by their ids: a function that was given up may ask when another execution has the run. */
  const fences = new WeakMap<RunContext, number>()
  let clock: Clock = systemClock

  /** The session of a run: its run middleware made it. */
  const sessionOf = ({ runId }: Pick<MiddlewareContext, 'runId'>) => sessions.get(runId)!

  /** A function of a run that was lost may not have returned: it would be taken for one of the execution that follows. */
  const refuseWhatExecutes = ({ runId, pipeline }: RunContext) => {
    if (!sessions.has(runId)) return
    const message = `Run "${runId}" is being executed by this process. Wait for it, or ask for its result later.`
    throw new PipelineError('RUN_TAKEN', message, { pipeline })
  }

  return definePlugin({
    name: 'durable',
    stepOptions: ['durable'],
    runOptions: {
      force: ['true or false', (value) => typeof value === 'boolean'],
      fork: forkRule,
      recovery: recoveryRule,
    },
    context: { fence: (_, run) => run && fences.get(run) },
    setup: async (host) => {
      clock = host.clock
      await store.open()
      keepsIn(host.events, store)
    },
    run: async (run, next) => {
      run.resumable()
      refuseWhatExecutes(run)
      const taken = await acquire(settings, run, clock)
      const { stored, fence, since } = taken
      if (fence === null) return outcomeOf(codec, stored)
      const { runId, pipeline } = run
      const lease = new Lease({ store, clock, runId, pipeline, fence, leaseMs, since })
      if (sessions.has(runId)) await lease.release('waiting')
      refuseWhatExecutes(run)
      sessions.set(runId, null)
      fences.set(run, fence)
      const begun = (session: Session) => void sessions.set(runId, session)
      const execution = new Execution({ settings, clock, run, taken, lease, begun, next })
      run.report('durable', execution.report)
      try {
        return await execution.execute()
      } finally {
        lease.stop()
        sessions.delete(runId)
        run.report('durable', execution.report)
      }
    },
    step: (info) => {
      if (!isRecorded(info)) return undefined
      return (ctx, next) => sessionOf(ctx).step(info, ctx, next)
    },
    attempt: (info) => {
      if (!isRecorded(info)) return undefined
      return (ctx, next) => sessionOf(ctx).attempt(info, ctx, next)
    },
    undo: (info) => {
      if (!isRecorded(info)) return undefined
      return (ctx, next) => {
        // Without a session the run has ended in the store: a run middleware failed although its steps had not.
        const session = sessions.get(ctx.runId)
        return session === undefined || session === null ? next() : session.undo(ctx, next)
      }
    },
    dryRun: (_, run) => restorable.judge(run),
    hooks: {
      'step:retry': ({ runId, stepId, attempt, delayMs }) =>
        sessions.get(runId)?.waits(stepId, { attempts: attempt, delayMs }),
    },
  })
}
