import { messageOf, PipelineError } from '../errors.ts'
import type { Plugin, PluginHost } from '../plugin.ts'
import type { Host } from './host.ts'

/** Sets plugins up before the first run, in order, and closes those in reverse. */
export class Lifecycle {
  readonly host: Host
  readonly #ready: Plugin[] = []
  #setup: Promise<void> | null = null
  #close: Promise<void> | null = null
  #runs = 0
  #idle: (() => void) | null = null

  constructor(makeHost: (left: () => void) => Host) {
    this.host = makeHost(() => {
      if (--this.#runs === 0) this.#idle?.()
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

  /** Counts a run in; the host counts it out. Throws `PIPE_CLOSED`. */
  enter(): void {
    if (this.#close !== null)
      throw new PipelineError('PIPE_CLOSED', 'The pipe is closed. Create another one to run pipelines.')
    this.#runs++
  }

  /** Waits for the runs, and closes the plugins that were set up. Always the same promise. */
  close(): Promise<void> {
    return (this.#close ??= this.#closeAll())
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
    if (this.#runs > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
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
