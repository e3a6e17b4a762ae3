import { callAt } from '../clock.ts'
import { messageOf, PipelineError } from '../errors.ts'
import type { Plugin, PluginHost } from '../plugin.ts'
import type { Host, Stoppable } from './host.ts'

/** Sets plugins up before the first run, in order, and closes those in reverse. */
export class Lifecycle {
  readonly host: Host
  readonly #ready: Plugin[] = []
  #setup: Promise<void> | null = null
  #close: Promise<void> | null = null
  /** How many have entered and not left; and of these the ones that can be told to stop. */
  #inside = 0
  readonly #runs = new Set<Stoppable>()
  #idle: (() => void) | null = null
  #idling: Promise<void> | null = null

  constructor(makeHost: (left: (run?: Stoppable) => void) => Host) {
    this.host = makeHost((run) => {
      if (run !== undefined) this.#runs.delete(run)
      if (--this.#inside === 0) this.#idle?.()
    })
  }

  /** `null` when a run can begin at once, otherwise a promise of that; it rejects with `PLUGIN_SETUP_FAILED`. */
  get ready(): Promise<void> | null {
    const { plugins } = this.host
    if (this.#ready.length === plugins.length) return null
    return (this.#setup ??= this.#setUp().finally(() => {
      this.#setup = null // a set-up that failed is tried again by the next run
    }))
  }

  /** Counts somebody in; the host counts it out. Throws `PIPE_CLOSED`. */
  enter(): void {
    if (this.#close !== null)
      throw new PipelineError('PIPE_CLOSED', 'The pipe is closed. Create another one to run pipelines.')
    this.#inside++
  }

  /** Somebody who was counted in turns out to be a run. */
  begun(run: Stoppable): void {
    this.#runs.add(run)
  }

  /**
   * Waits for the runs, those that are left after `graceMs` are stopped, and closes the plugins that were set up. Always the
   * same promise.
   */
  close(graceMs: number): Promise<void> {
    const stop = () => {
      const reason = new PipelineError('SHUTDOWN', 'The pipe is closed: the run was not done in time.')
      for (const run of this.#runs) run.cancel(reason)
    }
    if (this.#inside > 0 && graceMs !== Infinity) {
      const { clock } = this.host
      const forget = callAt(clock, clock.monotonic() + graceMs, stop)
      void this.#whenIdle().then(forget)
    }
    return (this.#close ??= this.#closeAll())
  }

  #whenIdle(): Promise<void> {
    return (this.#idling ??= new Promise<void>((resolve) => {
      if (this.#inside === 0) resolve()
      else this.#idle = resolve
    }))
  }

  async #setUp(): Promise<void> {
    const { plugins, clock, random, events, services, report } = this.host
    const host: PluginHost = {
      clock,
      random,
      events,
      services,
      report: (error) => report(new PipelineError('OBSERVER_FAILED', messageOf(error), { cause: error })),
    }
    while (this.#ready.length < plugins.length) {
      const plugin = plugins[this.#ready.length]!
      try {
        await plugin.setup?.(host)
      } catch (cause) {
        const message = `Plugin "${plugin.name}" could not be set up: ${messageOf(cause)}`
        throw new PipelineError('PLUGIN_SETUP_FAILED', message, { plugin: plugin.name, cause })
      }
      this.#ready.push(plugin)
    }
  }

  async #closeAll(): Promise<void> {
    await this.#whenIdle()
    await this.#setup?.catch(() => undefined)
    const errors: unknown[] = []
    for (const plugin of this.#ready.toReversed()) {
      try {
        await plugin.close?.()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0)
      throw new AggregateError(
        errors,
        `${errors.length} plugin(s) could not be closed: ${errors.map(messageOf).join('; ')}`,
      )
  }
}
