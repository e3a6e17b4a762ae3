import type { Clock } from '../clock.ts'
import type { Emitter, ErrorReporter } from '../emitter.ts'
import type { GraphOwner } from '../graph.ts'
import type { ContextFields, Plugin, RunMiddleware } from '../plugin.ts'
import type { CompiledPipeline } from './compiled.ts'
import type { PluginOptions } from './plugin-check.ts'

/** A run, as far as others have to do with it. */
export interface Stoppable {
  cancel(reason: unknown): void
}

/** What a run takes from the pipe that it is run by. */
export interface Host {
  readonly plugins: readonly Plugin[]
  /** What options steps and runs may have. */
  readonly options: PluginOptions
  readonly services: Readonly<Record<string, unknown>>
  readonly clock: Clock
  readonly random: () => number
  readonly newId: () => string
  readonly events: Emitter
  readonly report: ErrorReporter
  /** What makes the fields of contexts that plugins own. */
  readonly fields: ContextFields
  /** The run middleware of the plugins, outermost first. */
  readonly runLayers: readonly RunMiddleware[]
  /** Told by every run that it has ended. */
  readonly left: (run?: Stoppable) => void
  /** Pipelines that were compiled for this pipe. */
  readonly compiled: WeakMap<GraphOwner, CompiledPipeline>
}
