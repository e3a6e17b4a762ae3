import type { Plugin } from '@pipe/core'
import type { Rule } from '../checks/rule.ts'
import type { PluginCheckOptions } from '../plugin-check.ts'

/** A plugin that breaks one rule. */
export interface BrokenPlugin {
  /** What it does wrong. */
  readonly does: string
  readonly make: () => Plugin
  /** What the suite is told of it. Default: that it accepts `{ broken: true }`. */
  readonly options?: PluginCheckOptions
  /** The rule that it breaks; it keeps those that come before. */
  readonly rule: Rule
  /** What the suite must say. */
  readonly says: RegExp
}
