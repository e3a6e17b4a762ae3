import { systemClock, type Clock } from '../clock.ts'
import { Emitter, type ErrorReporter } from '../emitter.ts'
import { PipelineError } from '../errors.ts'
import type { Hooks } from '../hooks.ts'
import { uuidv7 } from '../ids.ts'
import type { Plugin } from '../plugin.ts'
import { contextFieldsOf } from './context-fields.ts'
import type { Host } from './host.ts'

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
 * @param left called at the end of every run
 * @throws PipelineError `PLUGIN_INVALID`
 */
export function createHost(options: HostOptions, left: () => void = () => undefined): Host {
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
    options: ownedOptions(plugins),
    services,
    clock,
    random: options.random ?? Math.random,
    newId: options.newId ?? (() => uuidv7(clock.now())),
    events,
    report,
    fields: contextFieldsOf(plugins, invalid),
    runLayers: plugins.flatMap((plugin) => plugin.run ?? []),
    left,
    compiled: new WeakMap(),
  }
}

function ownedOptions(plugins: readonly Plugin[]): ReadonlySet<string> {
  const names = new Set<string>()
  const owners = new Map<string, string>()
  for (const [i, plugin] of plugins.entries()) {
    if (typeof plugin === 'function') throw invalid('it is a function: call it, and pass what it returns', String(i))
    const { name, stepOptions = [] } = plugin
    if (typeof name !== 'string' || name === '') throw invalid(`plugin ${i} has no name`, '?')
    if (names.has(name)) throw invalid('two plugins have this name', name)
    names.add(name)
    for (const option of stepOptions as readonly string[]) {
      const owner = owners.get(option)
      if (owner !== undefined)
        throw invalid(`the step option \`${option}\` is owned by plugin "${owner}" already`, name)
      owners.set(option, name)
    }
  }
  return new Set(owners.keys())
}

function invalid(what: string, plugin: string): PipelineError {
  return new PipelineError('PLUGIN_INVALID', `Plugin "${plugin}" cannot be used: ${what}.`, { plugin })
}
