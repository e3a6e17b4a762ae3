import { opensOnce, refusesAfterClose, refusesBeforeOpen, saysWhatItIs, tellsTime } from './about.ts'
import { refusesNonsense, refusesWrongIds, takesEveryId } from './checked.ts'
import { cutsLeases, keepsLeases, listsBackInTime, raisesFencesBackInTime } from './clocks.ts'
import { keepsItsRuns, outlivesItsProcess, sharesItsRuns } from './clients.ts'
import { asksNoEnded, cancelsForGood, hearsCommands, pauses, watches } from './commands.ts'
import { buries, countsCrashes, countsCrashOnce, revives } from './crashes.ts'
import { beginsAnew, createsForGood, createsOnce, neverAnewWhileHeld, tellsWhatItKnows } from './creation.ts'
import { isAllOrNothing, saysUnavailable } from './cut-off.ts'
import { acquiresAgain, commitsAgain, endsAgain, endsForGood, readsItsWrites, releasesAgain } from './endings.ts'
import {
  handsOutCopies,
  keepsFirstFinal,
  keepsRunsApart,
  replacesOthers,
  showsWhole,
  tellsAllEntries,
} from './entries.ts'
import { deletesEnded, deletesEndedOnly, purgesEndedOnly, purgesEntries, purgesOldestFirst } from './forgetting.ts'
import { fencesOff, givesLapsedOnce, handsBack, keepsLapsed, leasesToOne, raisesFences, renews } from './leases.ts'
import { filters, listsAll } from './lists.ts'
import { goesLikeTheModel } from './model/model.ts'
import type { StoreRule } from './rule.ts'
import { forgetsManyEntries, keepsLargeCommits, keepsLargeRuns, listsMany } from './sizes.ts'
import { keepsForsakenRuns, keepsLivingRuns, leasesAsLongAsAsked, renewsOften } from './times.ts'
import { keepsKeys, keepsLargeValues, keepsNames, keepsTexts, keepsValues } from './values.ts'

/** Every rule of the contract of stores, in the order of the suite. */
export const storeRules: readonly StoreRule[] = [
  saysWhatItIs,
  refusesBeforeOpen,
  refusesAfterClose,
  opensOnce,
  sharesItsRuns,
  tellsWhatItKnows,
  keepsItsRuns,
  tellsTime,
  refusesWrongIds,
  refusesNonsense,
  takesEveryId,
  readsItsWrites,
  leasesToOne,
  createsOnce,
  createsForGood,
  renews,
  handsBack,
  keepsLapsed,
  countsCrashes,
  givesLapsedOnce,
  raisesFences,
  fencesOff,
  countsCrashOnce,
  buries,
  revives,
  hearsCommands,
  pauses,
  cancelsForGood,
  asksNoEnded,
  endsForGood,
  acquiresAgain,
  releasesAgain,
  endsAgain,
  commitsAgain,
  beginsAnew,
  neverAnewWhileHeld,
  keepsFirstFinal,
  replacesOthers,
  showsWhole,
  tellsAllEntries,
  keepsValues,
  keepsTexts,
  keepsNames,
  keepsKeys,
  keepsLargeValues,
  keepsRunsApart,
  handsOutCopies,
  listsAll,
  filters,
  purgesEndedOnly,
  purgesOldestFirst,
  purgesEntries,
  deletesEnded,
  deletesEndedOnly,
  renewsOften,
  leasesAsLongAsAsked,
  keepsLivingRuns,
  keepsForsakenRuns,
  keepsLeases,
  cutsLeases,
  raisesFencesBackInTime,
  listsBackInTime,
  keepsLargeCommits,
  keepsLargeRuns,
  forgetsManyEntries,
  listsMany,
  watches,
  outlivesItsProcess,
  saysUnavailable,
  isAllOrNothing,
  goesLikeTheModel,
]
