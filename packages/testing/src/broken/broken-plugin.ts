import type { Plugin } from '@pipe/core'
import type { PluginCheck } from '../plugin-check.ts'

/** A plugin that breaks one rule, and the check that must find it. */
export interface BrokenPlugin {
  /** What it does wrong. */
  readonly does: string
  readonly make: () => Plugin
  readonly check: PluginCheck
  /** What the check must say. */
  readonly says: RegExp
}
