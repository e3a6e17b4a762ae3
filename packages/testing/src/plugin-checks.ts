import { givesWay } from './checks/abort.ts'
import { makesFields } from './checks/context.ts'
import { observesQuietly } from './checks/hooks.ts'
import { hasAName, isMadeAnew } from './checks/identity.ts'
import { leavesNoListener, leavesNoTimer } from './checks/leaks.ts'
import { closesTwice, releases } from './checks/lifecycle.ts'
import { handsOnContext, isNeverLate, standsAgain, standsAnywhere } from './checks/middleware.ts'
import { acceptsItsOptions, refusesNonsense } from './checks/options.ts'
import { answersUndefined, changesNothing, letsUndo, passesOn } from './checks/pass-through.ts'
import { decidesAtOnce } from './checks/policy.ts'
import type { PluginCheck } from './plugin-check.ts'

/** Every rule of the contract of plugins, in the order of the suite. */
export const pluginChecks: readonly PluginCheck[] = [
  hasAName,
  isMadeAnew,
  acceptsItsOptions,
  refusesNonsense,
  answersUndefined,
  changesNothing,
  passesOn,
  letsUndo,
  leavesNoTimer,
  leavesNoListener,
  handsOnContext,
  standsAgain,
  isNeverLate,
  standsAnywhere,
  makesFields,
  decidesAtOnce,
  observesQuietly,
  givesWay,
  closesTwice,
  releases,
]
