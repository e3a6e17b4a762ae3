import { systemClock, type Clock } from '../clock.ts'
import { Emitter, type ErrorReporter } from '../emitter.ts'
import type { Hooks } from '../hooks.ts'
import { uuidv7 } from '../ids.ts'
import type { Plugin } from '../plugin.ts'
import { contextFieldsOf } from './context-fields.ts'
import type { Host } from './host.ts'
import type { PluginOptions } from './plugin-check.ts'

/** What a pipe can be made of. */
export interface HostOptions {
  readonly plugins?: readonly Plugin[] | undefined
  readonly services?: Readonly<Record<string, unknown>> | undefined
  readonly clock?: Clock | undefined
  readonly random?: (() => number) | undefined
  readonly newId?: (() => string) | undefined
  readonly onError?: ErrorReporter | undefined
}

/**
 * Makes a host, with the hooks of its plugins attached.
 *
 * @param allowed what its plugins make of options
 * @param left called at the end of every run
 * @throws PipelineError `PLUGIN_INVALID`
 */
export function createHost(options: HostOptions, allowed: PluginOptions, left: Host['left'] = () => undefined): Host {
  const { plugins = [], services = {}, clock = systemClock } = options
  const { onError = (error) => console.error(error) } = options
  const report: ErrorReporter = (error) => {
    try {
      onError(error)
    } catch {
      // There is nobody left to tell, and a run must not be changed by it.
    }
  }
  const events = new Emitter(report)
  for (const { hooks = {} } of plugins) {
    for (const name of Object.keys(hooks) as (keyof Hooks)[])
      if (hooks[name] !== undefined) events.on(name, hooks[name])
  }
  return {
    plugins,
    options: allowed,
    services,
    clock,
    random: options.random ?? Math.random,
    newId: options.newId ?? (() => uuidv7(clock.now())),
    events,
    report,
    fields: contextFieldsOf(plugins),
    runLayers: plugins.flatMap((plugin) => plugin.run ?? []),
    left,
    compiled: new WeakMap(),
  }
}
