import {
  abortCodeOf,
  type Clock,
  definePlugin,
  type MiddlewareContext,
  type Plugin,
  type RunContext,
  systemClock,
} from '@pipe/core'
import { acquire, type Taken } from './acquire.ts'
import { type ForkOptions, forkRule } from './fork.ts'
import { Lease } from './lease.ts'
import { type DurableOptions, durabilityOf, type Durability, settingsOf } from './options.ts'
import { RestorableSteps } from './restorable-steps.ts'
import { Session } from './session.ts'
import { outcomeOf, writeError, writeOutput } from './stored-run.ts'

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

/** What became of the recording of a run. */
export interface DurableReport {
  /** Whether it went on where another execution had left it. */
  readonly resumed: boolean
  /** How many steps and items were answered for by what was recorded, and how many were recorded. */
  readonly restored: number
  readonly recorded: number
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
 * `ctx.idempotencyKey` or `ctx.fence`. Put it first in the list of plugins: what wraps it is not recorded.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function durable(options: DurableOptions): Plugin {
  const settings = settingsOf(options)
  const { store, codec, leaseMs } = settings
  const sessions = new Map<string, Session>()
  const restorable = new RestorableSteps(settings)
  let clock: Clock = systemClock

  /** The session of a run: its run middleware made it. */
  const sessionOf = ({ runId }: Pick<MiddlewareContext, 'runId'>) => sessions.get(runId)!

  /** Runs it with what is recorded, and records how it ended. */
  const through = async (
    run: RunContext,
    session: Session,
    taken: Taken,
    next: () => Promise<unknown>,
  ): Promise<unknown> => {
    const { lease } = session
    try {
      await session.begin(store, taken)
      const output = await next()
      if (session.ending !== null) throw session.ending
      await lease.end('succeeded', writeOutput(codec, output, run.pipeline))
      return output
    } catch (error) {
      if (session.blocked !== null) {
        await lease.release('blocked', writeError(session.blocked, store.maxValueBytes))
        throw session.blocked
      }
      if (abortCodeOf(error) === 'SHUTDOWN') {
        await lease.release('waiting')
        throw error
      }
      const reason = session.ending ?? error
      const as = abortCodeOf(reason) === 'CANCELLED' ? 'cancelled' : 'failed'
      if (lease.good) await lease.end(as, writeError(reason, store.maxValueBytes))
      throw lease.loss ?? reason
    }
  }

  return definePlugin({
    name: 'durable',
    stepOptions: ['durable'],
    runOptions: { force: ['true or false', (value) => typeof value === 'boolean'], fork: forkRule },
    context: { fence: (ctx) => sessions.get(ctx.runId)?.lease.fence },
    setup: async (host) => {
      clock = host.clock
      await store.open()
    },
    run: async (run, next) => {
      run.resumable()
      const taken = await acquire(settings, run, clock)
      const { stored, fence, resumed, since } = taken
      if (fence === null) return outcomeOf(codec, stored)
      const lease = new Lease({ store, clock, runId: run.runId, pipeline: run.pipeline, fence, leaseMs, since })
      const session = new Session({ run, lease, codec, clock })
      sessions.set(run.runId, session)
      try {
        return await through(run, session, taken, next)
      } finally {
        lease.stop()
        sessions.delete(run.runId)
        const { restored, recorded } = session
        run.report('durable', { resumed, restored, recorded })
      }
    },
    step: (info) => {
      if (durabilityOf(info) === 'none' && info.runs === 'function') return undefined
      return (ctx, next) => sessionOf(ctx).step(info, ctx, next)
    },
    attempt: (info) => {
      if (durabilityOf(info) === 'none' && info.runs === 'function') return undefined
      return (ctx, next) => sessionOf(ctx).attempt(info, ctx, next)
    },
    undo: (info) => {
      if (durabilityOf(info) === 'none') return undefined
      return (ctx, next) => {
        // Without a session the run has ended in the store: a run middleware failed although its steps had not.
        const session = sessions.get(ctx.runId)
        return session === undefined ? next() : session.undo(ctx, next)
      }
    },
    dryRun: async (_, run) => ((await restorable.has(run)) ? { restored: true } : undefined),
    hooks: {
      'step:retry': ({ runId, stepId, attempt, retryAt, delayMs }) =>
        sessions.get(runId)?.waits(stepId, { attempts: attempt, retryAt, delayMs }),
    },
  })
}
