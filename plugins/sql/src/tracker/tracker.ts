import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Clock, definePlugin, isPipelineError, PipelineError, type Plugin, type RunContext } from '@pipe/core'
import { prepare as prepareTables } from '../migrate-mode.ts'
import { LONGEST } from '../schema/history-tables.ts'
import { Heartbeat } from './heartbeat.ts'
import { ANSWER_MS, answered } from './answered.ts'
import { parentRule, settingsOf, styleOf, type TrackerOptions } from './options.ts'
import { statementsOf } from './statements.ts'
import type { Desk } from './desk.ts'
import { StepStyles } from './step-style.ts'
import { RunRecorder } from './run-recorder.ts'
import { keyText } from './text.ts'
import { type TrackerHealth, Writer } from './writer.ts'

/** The plugin that {@link tracker} makes. */
export interface Tracker extends Plugin {
  /** How the writing goes. */
  health(): TrackerHealth
}

/** What a tracker has while its pipe is open. */
interface Office {
  readonly clock: Clock
  readonly writer: Writer
  readonly desk: Desk
  readonly heartbeat: Heartbeat
}

const IDLE: TrackerHealth = { state: 'up', waiting: 0, written: 0, dropped: 0, stripped: 0 }

/**
 * Makes the plugin that writes the history of runs, steps, attempts and items of maps to a database of yours, for
 * `historyIn()` and your own SQL. It changes nothing of a run, and no run fails because of it: rows are written behind its
 * back, many at once, and wait while the database is down.
 *
 * ```ts
 * const pipe = createPipe({ plugins: [tracker({ db: new DatabaseSync('history.db') }), retry()] })
 * ```
 *
 * In the list of plugins put it after `durable()`, whose runs may go on in another process, and before those that decide
 * about steps.
 *
 * @throws PipelineError `OPTION_INVALID`; for the options of a step, the run rejects with it before anything starts
 */
export function tracker(options: TrackerOptions): Tracker {
  const settings = settingsOf(options)
  const { driver, prefix, captured, style, migrate, everyMs, maxRows, endWaitMs, closeWaitMs, heartbeatMs } = settings
  const worker = workerOf(settings.worker ?? `${hostname()}:${process.pid}`)
  const runs = new Map<string, RunRecorder>()
  const styles = new StepStyles()
  let office: Office | undefined
  let health = () => IDLE

  const newRun = ({ clock, desk }: Office, run: ConstructorParameters<typeof RunRecorder>[1]) =>
    new RunRecorder(desk, run, randomUUID(), clock.now())

  /** Follows `next` to its end, of which `tracked` is told. */
  const follow = async (run: RunContext, tracked: RunRecorder, { clock }: Office, next: () => Promise<unknown>) => {
    try {
      const output = await next()
      tracked.succeeded(output, clock.now())
      return output
    } catch (error) {
      if (run.interrupted !== undefined) tracked.interrupted()
      else {
        const status = isPipelineError(error) && STOPPED.includes(error.code) ? 'cancelled' : 'failed'
        tracked.failed(status, error, isPipelineError(error) ? error.step : undefined, clock.now())
      }
      throw error
    }
  }

  const plugin = definePlugin({
    name: 'sql',
    stepOptions: ['track'],
    runOptions: { parent: parentRule },
    setup({ clock, report }) {
      if (office !== undefined)
        throw new PipelineError('PLUGIN_INVALID', 'This plugin belongs to another pipe: call tracker() for each pipe.')
      const statements = statementsOf(driver.dialect, prefix)
      const prepare = () => prepareTables(driver, prefix, 'history', migrate)
      const writer = new Writer({ driver, statements, prepare, everyMs, maxRows, clock, report })
      const write: Desk['write'] = (change, weight) => writer.add(change, weight)
      const desk: Desk = { captured, worker, style, styles, now: () => clock.now(), write }
      // Whether the database is there is seen in what is written.
      const beat = () =>
        answered(clock, driver.write(statements.beat(worker, clock.now()), ANSWER_MS)).catch(() => undefined)
      office = { clock, writer, desk, heartbeat: new Heartbeat(clock, heartbeatMs, beat) }
      health = () => writer.health
      writer.open()
    },
    async close() {
      office?.heartbeat.is(false)
      await office?.writer.close(closeWaitMs)
      office = undefined
    },
    async run(run, next) {
      if (office === undefined) return await next()
      const { heartbeat, writer } = office
      const tracked = newRun(office, run)
      runs.set(run.runId, tracked)
      heartbeat.is(true)
      tracked.begin(run)
      try {
        return await follow(run, tracked, office, next)
      } finally {
        await writer.settled(endWaitMs)
      }
    },
    step(info) {
      const own = styleOf(info, style)
      if (own !== style) styles.add(info, own)
      const item = info.kind === 'item' && own.input !== false
      if (own === style && !item) return undefined
      return (ctx, next) => {
        runs.get(ctx.runId)?.steps.setStyle(ctx.stepId, own, item ? ctx.item : undefined)
        return next()
      }
    },
    hooks: {
      'run:pause': ({ runId }) => runs.get(runId)?.is('paused'),
      'run:resume': ({ runId }) => runs.get(runId)?.is('running'),
      'step:start': (event) => runs.get(event.runId)?.steps.started(event),
      'step:attempt': (event) => runs.get(event.runId)?.steps.attemptStarted(event),
      'step:retry': (event) => runs.get(event.runId)?.steps.attemptFailed(event),
      'step:end': (event) => runs.get(event.runId)?.steps.ended(event),
      'map:item': (event) => runs.get(event.runId)?.steps.ended(event),
      'step:undo': (event) => runs.get(event.runId)?.steps.undone(event),
      'run:end': (event) => {
        if (office === undefined) return
        const { error, runId } = event
        const tracked = runs.get(runId)
        // Somebody was refused a run that goes on.
        if (tracked?.ended === false && error?.code.startsWith('RUN_')) return
        runs.delete(runId)
        if (runs.size === 0) office.heartbeat.is(false)
        if (tracked !== undefined) tracked.over(event)
        // It never began: what is known of the run says more, if anything is.
        else if (error !== undefined && REFUSED.includes(error.code)) newRun(office, event).over(event)
      },
    },
  })
  return { ...plugin, health: () => health() }
}

/** A name with something unique behind it, as its column can keep it. */
function workerOf(name: string): string {
  const unique = `/${randomUUID().slice(0, 8)}`
  return keyText(name, LONGEST.name - unique.length) + unique
}

/** Codes of errors that cancel a run. */
const STOPPED: readonly string[] = ['CANCELLED', 'SHUTDOWN', 'LEASE_LOST']

/** Codes of errors that a run ends with before it begins, and that are about this run. */
const REFUSED: readonly string[] = ['INPUT_INVALID', 'PLUGIN_SETUP_FAILED', 'CANCELLED', 'TIMEOUT']
