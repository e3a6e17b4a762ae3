import type { Awaitable, Plugin, StepOptions } from '@pipe/core'

/** What the conformance suite has to know of a plugin. Everything is optional. */
export interface PluginSubjectOptions {
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

/** A plugin as the checks take it. */
export interface PluginSubject extends Required<PluginSubjectOptions> {
  /** The name it should have. */
  readonly name: string
  /** Makes it: a new one each time. */
  readonly make: () => Plugin
}

/** One rule of the contract of plugins. */
export interface PluginCheck {
  /** The rule, as the rest of a sentence about the plugin. */
  readonly name: string
  /** Whether the rule is one for this plugin. Default: for every plugin. */
  readonly appliesTo?: (subject: PluginSubject) => boolean
  /** Returns, or resolves, when the plugin keeps the rule; throws, or rejects, with what it did otherwise. */
  run(subject: PluginSubject): Awaitable<void>
}
