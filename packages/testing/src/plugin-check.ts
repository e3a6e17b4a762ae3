import type { StepOptions } from '@pipe/core'

/** What the conformance suite has to know of a plugin. Everything is optional. */
export interface PluginCheckOptions {
  /** Step options it accepts, each of its `stepOptions` among them. Default: none. */
  readonly options?: StepOptions
  /** Step options it refuses, each with words that the error must contain: the field, the value, the remedy. */
  readonly refuses?: readonly Refusal[]
  /** Whether it has to do with steps without options too, as a logger has. Default false. */
  readonly everyStep?: boolean
  /** The services that it takes from its pipe. Made anew for each pipe. */
  readonly services?: () => Readonly<Record<string, unknown>>
}

/** Options that a plugin refuses. */
export interface Refusal {
  /** Options of a step. They are wrong, so they have no type. */
  readonly options: Readonly<Record<string, unknown>>
  /** What the message of the error must contain. */
  readonly says: readonly string[]
}

/** One rule of the contract, for one plugin. */
export interface PluginCheck {
  /** The rule, as the rest of a sentence about a plugin: `leaves no timer ticking after a run`. */
  readonly name: string
  /**
   * Resolves when the plugin keeps the rule. Rejects otherwise with a `PipelineError` of code `PLUGIN_INVALID`, whose
   * message says which plugin, which rule, what was seen and what to do; what the plugin threw, if it did, is the cause.
   */
  run(): Promise<void>
}
