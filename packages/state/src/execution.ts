import { abortCodeOf, type Clock, isPipelineError, PipelineError, type RunContext } from '@pipe/core'
import type { Taken } from './acquire.ts'
import { historyOf } from './begin.ts'
import { Control } from './control.ts'
import type { Lease } from './lease.ts'
import type { DurableSettings } from './options.ts'
import { msSince } from './moment.ts'
import { Recorder } from './recorder.ts'
import type { DurableReport } from './report.ts'
import { Resumption } from './resumption.ts'
import { Session } from './session.ts'
import { cancelled } from './cancelled.ts'
import { headOf, writeError, writeOutput } from './stored-run.ts'

/** A run that was taken, and is to be executed. */
export interface ExecutionParts {
  readonly settings: DurableSettings
  readonly clock: Clock
  readonly run: RunContext
  readonly taken: Taken
  readonly lease: Lease
  /** Told of the session before any step begins. */
  readonly begun: (session: Session) => void
  /** Runs the steps. */
  readonly next: () => Promise<unknown>
}

/** One execution of a run: from what is recorded to its end, or until it is handed back. */
export class Execution {
  readonly #parts: ExecutionParts
  readonly #control: Control
  readonly #recorder: Recorder
  readonly #resumption = new Resumption()
  #session: Session | null = null
  /** How many steps a failure left done. */
  #missed = 0

  constructor(parts: ExecutionParts) {
    const { settings, clock, run, lease } = parts
    this.#parts = parts
    this.#control = new Control(run)
    this.#recorder = new Recorder({ run, lease, codec: settings.codec, clock, control: this.#control })
  }

  /** Rejects with what the run ends with, or is left because of. */
  async execute(): Promise<unknown> {
    const { settings, run, next } = this.#parts
    try {
      this.#session = await this.#begin()
    } catch (error) {
      throw await this.#leave(error)
    }
    try {
      const output = await next()
      if (this.#control.ending !== null) throw this.#control.ending // all of it was completed before
      const text = writeOutput(settings, output, run.pipeline)
      await this.#succeed(text)
      return output
    } catch (error) {
      // One that was stopped before its steps began is told no more than that.
      throw await this.#fail(isPipelineError(error, 'NEXT_AFTER_SETTLE') ? run.signal.reason : error)
    }
  }

  /** Ends the run. When the store fails, nothing is undone for it: whoever takes the run next ends it. */
  async #succeed(text: string): Promise<void> {
    try {
      await this.#parts.lease.end('succeeded', text)
    } catch (error) {
      throw this.#broken(error)
    }
  }

  /** What to say of a store that did not do what it was asked. */
  #broken(error: unknown): unknown {
    return isPipelineError(error, 'LEASE_LOST') ? error : this.#control.storeFailed(error)
  }

  /** What a run reports of its execution. */
  get report(): DurableReport {
    const { taken, lease } = this.#parts
    const { restored = 0 } = this.#session ?? {}
    const counts = {
      resumed: taken.resumed,
      fence: lease.fence,
      restored,
      recorded: this.#recorder.recorded,
      missed: this.#missed,
    }
    return { ...counts, ...(this.#hasBefore && { steps: this.#resumption.steps }) }
  }

  /** Whether it may begin with records. */
  get #hasBefore(): boolean {
    const { resumed, stored } = this.#parts.taken
    return resumed || headOf(stored.data).fork !== undefined
  }

  /** Takes in what is recorded, keeping the lease meanwhile. */
  async #begin(): Promise<Session> {
    const { settings, clock, run, taken, lease, begun } = this.#parts
    const { codec, store } = settings
    const [control, recorder, resumption] = [this.#control, this.#recorder, this.#resumption]
    lease.keep(control)
    try {
      const history = await historyOf({ run, store, taken, lease, recorder, resumption })
      const { command, reason } = taken.stored
      control.isCancelled = command === 'cancel'
      control.ending =
        history.ending ?? (control.isCancelled ? cancelled(run.pipeline, reason, history.forgotten) : null)
      control.isReady = true
      // It said what time it was when the run was taken. Nobody asks it again for each wait.
      const storeNow = () => taken.stored.updatedAt + msSince(clock, taken.since)
      const ran = this.#hasBefore ? (path: string) => resumption.ran(path) : undefined
      const session = new Session({ run, lease, codec, clock, storeNow, control, recorder, history, ran })
      begun(session)
      return session
    } catch (error) {
      const isFinal = isPipelineError(error, 'RUN_CHANGED') || isPipelineError(error, 'RUN_CONFLICT')
      throw isFinal ? control.interrupt('blocked', error) : error
    }
  }

  /** Ends a run that cannot succeed, once everything is undone. Answers with what to throw. */
  async #fail(error: unknown): Promise<unknown> {
    const { run, lease } = this.#parts
    if (this.#isNotOver(error)) return await this.#leave(error)
    const { ending: before } = this.#control
    const ending = before ?? error
    await run.undo(ending) // its steps may all have succeeded: then nothing is undone yet
    await this.#session!.undone()
    if (this.#isNotOver(error)) return await this.#leave(error)
    this.#missed = this.#session!.done
    try {
      const isAtItsEnd = before !== null && !run.signal.aborted && isOfSteps(error, before)
      if (this.#missed > 0 && !this.#control.isCancelled && isAtItsEnd) {
        return await this.#leave(this.#control.interrupt('blocked', vanished(run.pipeline, this.#missed)))
      }
      if (this.#missed > 0 && !isAtItsEnd) {
        // It stopped before all that was completed had appeared: whoever takes it next undoes the rest.
        await this.#recorder.ending(ending)
        return await this.#leave(ending)
      }
      await lease.end(
        abortCodeOf(ending) === 'CANCELLED' ? 'cancelled' : 'failed',
        writeError(ending, lease.maxValueBytes),
      )
      return ending
    } catch (broken) {
      return await this.#leave(this.#broken(broken))
    }
  }

  /** Whether the run is over neither here nor elsewhere: it was shut down or lost, or cannot go on here. */
  #isNotOver(error: unknown): boolean {
    const code = abortCodeOf(error)
    const { run, lease } = this.#parts
    const isLeft = this.#control.interruption !== null || lease.loss !== null || run.interrupted !== undefined
    return isLeft || code === 'SHUTDOWN' || code === 'LEASE_LOST'
  }

  /** Hands the run back. Answers with what to throw. */
  async #leave(error: unknown): Promise<unknown> {
    const { run, lease } = this.#parts
    const { interruption } = this.#control
    if (lease.loss !== null) return lease.loss
    if (interruption?.as === 'blocked')
      await lease.release('blocked', writeError(interruption.error, lease.maxValueBytes))
    else await lease.release('waiting')
    return interruption?.error ?? run.interrupted ?? error
  }
}

/** Whether a run that was only to be undone ended so since its steps did: none of them stops another one. */
const isOfSteps = (error: unknown, ending: PipelineError): boolean =>
  error === ending || (isPipelineError(error, 'STEP_FAILED') && error.step !== undefined)

function vanished(pipeline: string, count: number): PipelineError {
  const message = `Undoing is not finished: ${count} steps that are recorded as completed do not appear any more. Run it where the definition and its sources answer as before, cancel it, or abandon it.`
  return new PipelineError('RUN_CHANGED', message, { pipeline })
}
