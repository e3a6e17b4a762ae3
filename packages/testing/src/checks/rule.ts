import { type Awaitable, messageOf, type Plugin, PipelineError } from '@pipe/core'
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

/** What a check saw of a plugin that breaks its rule, and what to do about it: two sentences without their full stops. */
class Finding extends Error {
  readonly remedy: string
  constructor(seen: string, remedy: string) {
    super(seen)
    this.remedy = remedy
  }
}

/** Ends a check, unless `holds`: with what was `seen`, and what to do. */
export function must(holds: boolean, seen: string, remedy: string): asserts holds {
  if (!holds) throw new Finding(seen, remedy)
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
    const found = thrown instanceof Finding
    const [seen, remedy] = found
      ? [thrown.message, thrown.remedy]
      : [`it threw: ${messageOf(thrown)}`, 'the cause of this error says where it was thrown; mend it there']
    const message = `Plugin "${subject.name}" breaks a rule: a plugin ${name}.\nSeen: ${seen.replace(/\.$/, '')}.\nWhat to do: ${remedy}.`
    throw new PipelineError('PLUGIN_INVALID', message, { plugin: subject.name, ...(!found && { cause: thrown }) })
  }
}
