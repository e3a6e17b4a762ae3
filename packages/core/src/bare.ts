import type { Resolve } from './engine/run-layers.ts'
import { createHost } from './engine/create-host.ts'
import type { Host } from './engine/host.ts'
import { NO_PLUGIN_OPTIONS } from './engine/plugin-check.ts'
import { prepare } from './engine/start.ts'
import type { Pipeline } from './pipeline.ts'
import { Run } from './run.ts'
import { NO_OPTIONS } from './run-options-check.ts'
import type { Arguments, RunArguments, RunOptions, StartOptions } from './run-options.ts'

let bare: Host | undefined
const host = () => (bare ??= createHost({}, NO_PLUGIN_OPTIONS))

/**
 * Runs a pipeline without a pipe: no plugins, services only from the options. Resolves with its output; no times are
 * taken. Rejects like `Pipe.run`.
 *
 * ```ts
 * const { text } = await run(greet, { name: 'Ada' })
 * ```
 */
export function run<I, O, Q>(
  pipeline: Pipeline<I, O, Q>,
  ...args: RunArguments<Pipeline<I, O, Q>, Record<never, never>, RunOptions>
): Promise<O> {
  const [input, options = NO_OPTIONS] = args as Arguments<RunOptions>
  return new Promise((resolve, reject) => {
    prepare(host(), pipeline, input, options, false, resolve as Resolve, reject).begin()
  })
}

/** Starts a pipeline without a pipe. Everything is recorded. Throws like `Pipe.start`. */
export function start<I, O, Q>(
  pipeline: Pipeline<I, O, Q>,
  ...args: RunArguments<Pipeline<I, O, Q>, Record<never, never>, StartOptions>
): Run<O> {
  const [input, options = NO_OPTIONS] = args as Arguments<StartOptions>
  return new Run(
    (resolve, reject) => prepare(host(), pipeline, input, options, true, resolve, reject),
    (active) => active.begin(),
    options,
  )
}
