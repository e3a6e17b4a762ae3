import { givesWay, passesOnReasons } from './abort.ts'
import { keepsPipesApart, keepsRunsApart } from './apart.ts'
import { makesFields } from './context.ts'
import { dryRunsOnly } from './dry-run.ts'
import { changesNothingGiven } from './given.ts'
import { observesQuietly } from './hooks.ts'
import { hasAName, isMadeAnew } from './identity.ts'
import { leavesNoListener, leavesNoTimer } from './leaks.ts'
import { closesTwice, releases, setsUpAgain } from './lifecycle.ts'
import { handsOnContext, isNeverLate, standsAgain, standsAnywhere } from './middleware.ts'
import { acceptsItsOptions, ownsItsOptions, refusesNonsense } from './options.ts'
import { answersUndefined, changesNothing, letsUndo, passesOn, staysSkipped } from './pass-through.ts'
import { decidesAtOnce } from './policy.ts'
import { reportsData } from './reports.ts'
import type { Rule } from './rule.ts'

/** Every rule of the contract of plugins, in the order of the suite. */
export const rules: readonly Rule[] = [
  hasAName,
  isMadeAnew,
  ownsItsOptions,
  acceptsItsOptions,
  refusesNonsense,
  answersUndefined,
  changesNothing,
  passesOn,
  staysSkipped,
  letsUndo,
  changesNothingGiven,
  leavesNoTimer,
  leavesNoListener,
  handsOnContext,
  standsAgain,
  isNeverLate,
  standsAnywhere,
  makesFields,
  decidesAtOnce,
  observesQuietly,
  reportsData,
  dryRunsOnly,
  givesWay,
  passesOnReasons,
  keepsRunsApart,
  keepsPipesApart,
  closesTwice,
  releases,
  setsUpAgain,
]
