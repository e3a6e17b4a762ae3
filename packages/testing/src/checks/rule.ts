import { type Awaitable, type Plugin, PipelineError } from '@pipe/core'
import { told } from '../finding.ts'
import type { PluginCheckOptions } from '../plugin-check.ts'

/** A plugin as the rules take it. */
export interface Subject extends Required<PluginCheckOptions> {
  /** The name it should have. */
  readonly name: string
  /** Makes it: a new one each time. */
  readonly make: () => Plugin
}

/** One rule of the contract of plugins. */
export interface Rule {
  /** The rule, as the rest of a sentence about a plugin. */
  readonly name: string
  /** Whether the rule is one for this plugin, of which `plugin` is one. Default: for every plugin. */
  readonly appliesTo?: (plugin: Plugin, subject: Subject) => boolean
  /** Returns, or resolves, when the plugin keeps the rule; throws, or rejects, otherwise. */
  readonly check: (subject: Subject) => Awaitable<void>
}

/**
 * Holds a plugin to a rule.
 *
 * @throws PipelineError `PLUGIN_INVALID` when it breaks the rule
 */
export async function holdTo({ name, check }: Rule, subject: Subject): Promise<void> {
  try {
    await check(subject)
  } catch (thrown) {
    const { message, ...details } = told(thrown, `Plugin "${subject.name}" breaks a rule: a plugin ${name}`)
    throw new PipelineError('PLUGIN_INVALID', message, { plugin: subject.name, ...details })
  }
}
